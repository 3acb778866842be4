"""The job ledger in the admin, and the ways of the admin that all apps share."""

from typing import TYPE_CHECKING, Any, TypeVar

from auditlog.admin import LogEntryAdmin
from auditlog.models import LogEntry
from django.conf import settings
from django.contrib import admin
from django.db.models import ForeignObjectRel, Model, QuerySet
from django.http import HttpRequest

from f1site.base import clock
from f1site.base.models import JobRun, Message, Trouble
from f1site.base.partitions import KEYS_PER_SEASON

M = TypeVar("M", bound=Model)
OLDEST = 1950

if TYPE_CHECKING:
    Stock = admin.ModelAdmin
    StockInline = admin.TabularInline
else:  # the stubs know type arguments, Django does not

    class Stock(admin.ModelAdmin):
        def __class_getitem__(cls, model: Any) -> type:
            return cls

    class StockInline(admin.TabularInline):
        def __class_getitem__(cls, model: Any) -> type:
            return cls


class RecordAdmin(Stock[M]):
    """An admin of a table that grows: no count of all rows, pages of 50."""

    show_full_result_count = False
    list_per_page = 50


class ReadOnlyAdmin(RecordAdmin[M]):
    """Rows that a machine wrote and nobody edits by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ShownInline(StockInline[M, Any]):
    """Rows of another table beside a row: to look at, with a way to their own page."""

    extra = 0
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReferenceAdmin(RecordAdmin[M]):
    """Rows that others point at: they can go only while nothing does.

    Listing everything that a driver's career would take along costs seconds, and
    the record keeps it anyway.
    """

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not is_used(obj)


def is_used(row: Model) -> bool:
    """Whether any other row points at this one."""
    relations = row._meta.get_fields(include_hidden=True)
    return any(
        _points_at(relation, row)
        for relation in relations
        if isinstance(relation, ForeignObjectRel)
    )


def _points_at(relation: ForeignObjectRel, row: Model) -> bool:
    rows = relation.related_model._default_manager
    return rows.filter(**{relation.field.name: row}).exists()


class SeasonFilter(admin.SimpleListFilter):
    """Season of a row's race, as a range of race keys: one partition is read."""

    title = "season"
    parameter_name = "season"
    race_key = "race_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        years = range(clock.now().year + 1, OLDEST - 1, -1)
        return [(str(year), str(year)) for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None or not value.isdigit():
            return queryset
        first = int(value) * KEYS_PER_SEASON
        keys = {f"{self.race_key}__gte": first}
        keys[f"{self.race_key}__lt"] = first + KEYS_PER_SEASON
        return queryset.filter(**keys)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin[JobRun]):
    """What ran, when, and how it ended."""

    list_display = ["name", "started_at", "took", "how", "counts", "error", "worker"]
    list_filter = ["outcome", "name"]
    search_fields = ["name", "error", "task_id", "worker"]
    date_hierarchy = "started_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobRun]:
        return JobRun.objects.with_state()

    @admin.display(description="outcome", ordering="outcome")
    def how(self, run: JobRun) -> str:
        return str(JobRun.Outcome(run.state).label)

    @admin.display(description="took")
    def took(self, run: JobRun) -> str:
        if run.finished_at is None:
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():.1f} s"


@admin.register(Trouble)
class TroubleAdmin(ReadOnlyAdmin[Trouble]):
    """What was wrong, from when to when; administrators are told by mail."""

    list_display = ["title", "text", "began_at", "over_at", "is_mended"]
    list_filter = [("over_at", admin.EmptyFieldListFilter), "is_mended"]
    date_hierarchy = "began_at"


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin[Message]):
    """The outbox: tasks that pages sent for, and what became of them."""

    list_display = ["task", "args", "written_at", "sent_at", "settled_at", "error"]
    list_filter = [
        "task",
        ("sent_at", admin.EmptyFieldListFilter),
        ("settled_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["task", "error"]
    date_hierarchy = "written_at"


admin.site.unregister(LogEntry)


@admin.register(LogEntry)
class HistoryAdmin(LogEntryAdmin):  # type: ignore[misc]
    """Who edited what. What was done to accounts is seen by who may see accounts."""

    search_fields = ["object_repr", "changes", "additional_data", "actor__email"]
    show_full_result_count = False
    list_per_page = 50
    fieldsets = [
        (None, {"fields": ["created", "user_url", "resource_url", "additional_data"]}),
        ("Changes", {"fields": ["action", "msg"]}),
    ]
    readonly_fields = [*LogEntryAdmin.readonly_fields, "additional_data"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        entries: QuerySet[Any] = super().get_queryset(request)
        app, _, model = settings.AUTH_USER_MODEL.partition(".")
        if request.user.has_perm(f"{app}.view_{model.lower()}"):
            return entries
        return entries.exclude(content_type__app_label=app)
