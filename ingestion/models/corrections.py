"""What editors say against a source. The source's word is kept underneath."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from f1site.base import clock
from ingestion.models.calendar import Race


class Correction(models.Model):
    """One act of an editor: some figures, for one reason. Undone, never deleted."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    made_at = models.DateTimeField(default=clock.now, help_text="UTC")
    reason = models.CharField(max_length=500)
    link = models.URLField(
        max_length=500, blank=True, help_text="document or report that says so"
    )
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    undone_at = models.DateTimeField(null=True, blank=True, help_text="UTC")

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="correction_has_reason", condition=~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d}: {self.reason}"


class FigureQuerySet(models.QuerySet["CorrectedFigure"]):
    """Named questions about figures."""

    def in_force(self) -> "FigureQuerySet":
        return self.filter(state__in=CorrectedFigure.IN_FORCE)

    def open(self) -> "FigureQuerySet":
        """Those that wait for an editor."""
        return self.filter(state__in=CorrectedFigure.OPEN)


class CorrectedFigure(models.Model):
    """One figure, or one whole row, that an editor put over the source's."""

    class Action(models.TextChoices):
        CHANGE = "change", "another value"
        ADD = "add", "a row that the source lacks"
        REMOVE = "remove", "a row that should not be"

    class State(models.TextChoices):
        STANDING = "standing", "stands"
        AGREED = "agreed", "the source has come to agree"
        CONFLICT = "conflict", "the source has changed its mind"
        SUPERSEDED = "superseded", "a later correction stands above"
        RETIRED = "retired", "left to the source"
        UNDONE = "undone"

    #: In these the corrected value is what the record shows.
    IN_FORCE = (State.STANDING, State.AGREED, State.CONFLICT)
    #: These wait for an editor to decide.
    OPEN = (State.AGREED, State.CONFLICT)

    correction = models.ForeignKey(
        Correction, on_delete=models.CASCADE, related_name="figures"
    )
    action = models.CharField(
        max_length=6, choices=Action.choices, default=Action.CHANGE
    )
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.STANDING
    )
    race = models.ForeignKey(
        Race,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="corrected_figures",
    )
    sheet = models.CharField(max_length=40, help_text="table: results, races …")
    key = models.JSONField(help_text="what finds the row among those of the source")
    field = models.CharField(
        max_length=40, blank=True, help_text="empty: the row as a whole"
    )
    value = models.JSONField(
        null=True, help_text="the editor's; all fields of an added row"
    )
    beneath = models.JSONField(
        null=True, help_text="the source's newest; all fields of a removed row"
    )
    was_beneath = models.JSONField(
        null=True, help_text="the source's when the correction was made"
    )
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, when the source was last compared"
    )
    superseded_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="supersedes",
        help_text="the figure of a later correction that stands above",
    )

    objects = FigureQuerySet.as_manager()

    class Meta:
        ordering = ["-correction_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "key", "field"],
                condition=Q(state__in=["standing", "agreed", "conflict"]),
                name="corrected_figure_one_in_force",
            ),
            models.CheckConstraint(
                name="corrected_figure_action_known",
                condition=Q(action="change", field__gt="")
                | Q(action__in=["add", "remove"], field=""),
            ),
            models.CheckConstraint(
                name="corrected_figure_state_known",
                condition=Q(
                    state__in=[
                        "standing",
                        "agreed",
                        "conflict",
                        "superseded",
                        "retired",
                        "undone",
                    ]
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["sheet", "race"], name="corrected_figure_of_race"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet} {self.field or self.action}: {self.value}"
