"""People in the admin."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.views.generic import RedirectView

from accounts import people, roles
from accounts.models import PersonalToken, SentMail, User

# The admin has no door of its own: lock, second factor and mails are at ours.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.password_change = RedirectView.as_view(  # type: ignore[method-assign,assignment]
    pattern_name="password_change"
)
admin.site.unregister([EmailAddress, Authenticator])

#: What only a superuser hands out: with it, anybody could become one.
POWERS = ("is_superuser", "user_permissions")


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["email", "name"]


@admin.register(User)
class UserAdmin(StockUserAdmin):  # type: ignore[type-arg]
    """Accounts and their roles; who may enter the admin follows from the role."""

    add_form = NewUserForm
    list_display = ["email", "name", "role", "is_active", "last_login", "joined_at"]
    list_filter = ["groups", "is_active", "is_superuser"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal = ["groups", "user_permissions"]
    readonly_fields = ["is_staff", "last_login", "joined_at"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "time_zone"]}),
        ("Mails", {"fields": ["mail_forecasts", "mail_scores", "mail_troubles"]}),
        ("Role", {"fields": ["groups", "is_active", "is_staff", *POWERS]}),
        ("Dates", {"fields": ["last_login", "joined_at"]}),
    ]
    add_fieldsets = [
        (
            None,
            {"fields": ["email", "name", "usable_password", "password1", "password2"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="role")
    def role(self, user: User) -> str:
        names = sorted(group.name for group in user.groups.all())
        return ", ".join(["superuser"] * user.is_superuser + names) or "–"

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> list[str]:
        powers = () if _is_superuser(request) else POWERS
        return [*self.readonly_fields, *powers]

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)

    def save_related(
        self, request: HttpRequest, form: "ModelForm[User]", formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        roles.open_doors(form.instance)
        if "email" in form.changed_data:
            form.instance.confirm_address()

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        try:
            people.remove(obj)
        except people.LastAdministratorError:
            raise PermissionDenied from None

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    """A superuser is touched by superusers alone."""
    return user is None or not user.is_superuser or _is_superuser(request)


class LookAndDelete(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that nobody writes by hand."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessAttempt)
class FailureAdmin(LookAndDelete):
    """Failures to log in; to delete them opens the lock."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "failures_since_start", "attempt_time")


class KeyAdmin(LookAndDelete):
    """What lets a person in; that of a superuser is for superusers alone."""

    list_select_related = ("user",)
    search_fields = ("user__email",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        touched = obj.user if obj else None
        return _may_touch(request, touched) and super().has_delete_permission(
            request, obj
        )


@admin.register(Authenticator)
class SecondFactorAdmin(KeyAdmin):
    """Who has a second factor; to delete it lets in whoever lost his telephone."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(PersonalToken)
class TokenAdmin(KeyAdmin):
    """Personal tokens of the API; to delete one revokes it."""

    list_display = ("name", "user", "handle", "scopes", "expires_at", "last_used_at")
    fields = ("name", "user", "handle", "scopes", "expires_at", "last_used_at")


@admin.register(SentMail)
class SentMailAdmin(LookAndDelete):
    """What the site told by itself; what is deleted is told again while it is news."""

    list_display = ("subject", "user", "tried_at", "sent_at", "n_tries", "again_at")
    list_select_related = ("user",)
    list_filter = (("sent_at", admin.EmptyFieldListFilter),)
    search_fields = ("subject", "user__email")
    fields = list_display
