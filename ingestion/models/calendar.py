"""Where and when: seasons, circuits, races and their sessions."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import ExtractYear

from f1site.base import clock
from f1site.base.partitions import KEYS_PER_SEASON

FIRST_SEASON = 1950


class Season(models.Model):
    """A championship year."""

    year = models.PositiveSmallIntegerField(primary_key=True)

    class Meta:
        ordering = ["year"]
        constraints = [
            models.CheckConstraint(
                name="season_year_from_1950", condition=Q(year__gte=FIRST_SEASON)
            ),
        ]

    def __str__(self) -> str:
        return str(self.year)


class Circuit(models.Model):
    """A track, in the layout it has now; older layouts stand beside it."""

    class Kind(models.TextChoices):
        RACE = "race", "permanent"
        STREET = "street"
        ROAD = "road"

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=100)
    full_name = models.CharField(max_length=150)
    place = models.CharField(max_length=100)
    country = models.CharField(max_length=100)
    latitude = models.DecimalField(
        max_digits=9, decimal_places=6, null=True, blank=True, help_text="degrees north"
    )
    longitude = models.DecimalField(
        max_digits=9, decimal_places=6, null=True, blank=True, help_text="degrees east"
    )
    length_km = models.DecimalField(
        max_digits=6, decimal_places=3, null=True, blank=True, help_text="km"
    )
    turns = models.PositiveSmallIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    is_clockwise = models.BooleanField(default=True)
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="IANA name; empty: unknown"
    )

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="circuit_latitude_range",
                condition=Q(latitude__gte=-90, latitude__lte=90),
            ),
            models.CheckConstraint(
                name="circuit_longitude_range",
                condition=Q(longitude__gte=-180, longitude__lte=180),
            ),
            models.CheckConstraint(
                name="circuit_length_positive", condition=Q(length_km__gt=0)
            ),
            models.CheckConstraint(
                name="circuit_kind_known",
                condition=Q(kind__in=["race", "street", "road"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CircuitLayout(models.Model):
    """One shape of a circuit; a race names the one it was run on."""

    slug = models.SlugField(max_length=100, unique=True)
    circuit = models.ForeignKey(
        Circuit, on_delete=models.PROTECT, related_name="layouts"
    )
    length_km = models.DecimalField(max_digits=6, decimal_places=3, help_text="km")
    turns = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="circuit_layout_length_positive", condition=Q(length_km__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class RaceQuerySet(models.QuerySet["Race"]):
    """Named questions about races."""

    def held(self) -> "RaceQuerySet":
        return self.filter(status=Race.Status.COMPLETED)

    def open(self) -> "RaceQuerySet":
        """Neither cancelled nor with a result, the earliest first."""
        return self.filter(
            status__in=[Race.Status.SCHEDULED, Race.Status.POSTPONED]
        ).order_by("starts_on", "id")

    def by_round(self, year: int, round: int) -> "Race":
        return self.get(season_id=year, round=round)


class Race(models.Model):
    """A Grand Prix of one season. Its key never changes, its round may."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled"
        COMPLETED = "completed"
        CANCELLED = "cancelled"
        POSTPONED = "postponed"

    class SprintFormat(models.TextChoices):
        NONE = "", "no sprint"
        SETS_GRID_2021 = "sets_grid_2021", "sprint sets the grid, points to three"
        SETS_GRID_2022 = "sets_grid_2022", "sprint sets the grid, points to eight"
        SHOOTOUT_2023 = "shootout_2023", "sprint shootout on Saturday"
        QUALIFYING_2024 = "qualifying_2024", "sprint qualifying on Friday"

    #: In these seasons the race started as the sprint had ended.
    SPRINT_SETS_GRID = (SprintFormat.SETS_GRID_2021, SprintFormat.SETS_GRID_2022)

    id = models.PositiveIntegerField(primary_key=True)
    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="races")
    round = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="from 1; empty once cancelled"
    )
    grand_prix = models.SlugField(max_length=100, help_text="once a season at most")
    name = models.CharField(max_length=100, help_text="such as Belgian Grand Prix")
    official_name = models.CharField(max_length=200, blank=True)
    circuit = models.ForeignKey(Circuit, on_delete=models.PROTECT, related_name="races")
    layout = models.ForeignKey(
        CircuitLayout, on_delete=models.PROTECT, null=True, blank=True
    )
    starts_on = models.DateField(help_text="date in UTC")
    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="lights out, UTC; empty: unknown"
    )
    status = models.CharField(
        max_length=9, choices=Status.choices, default=Status.SCHEDULED
    )
    qualifying_format = models.CharField(max_length=20, blank=True)
    sprint_format = models.CharField(
        max_length=15,
        choices=SprintFormat.choices,
        default=SprintFormat.NONE,
        blank=True,
    )
    laps = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="run; planned until then"
    )
    scheduled_laps = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="planned, where the race was cut short"
    )
    course_length_km = models.DecimalField(
        max_digits=6, decimal_places=3, null=True, blank=True, help_text="km"
    )
    results_changed_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC; ratings replay from here"
    )

    objects = RaceQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["season", "round"],
                name="race_round_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["season", "grand_prix"], name="race_grand_prix_unique"
            ),
            models.CheckConstraint(
                name="race_key_in_season",
                condition=Q(
                    id__gte=F("season_id") * KEYS_PER_SEASON,
                    id__lt=(F("season_id") + 1) * KEYS_PER_SEASON,
                ),
            ),
            models.CheckConstraint(
                name="race_date_in_season",
                condition=Q(season_id=ExtractYear("starts_on")),
            ),
            models.CheckConstraint(
                name="race_round_unless_cancelled",
                # "Not null" is said aloud: a check passes when it is unknown.
                condition=Q(round__isnull=False, round__gte=1)
                | Q(round__isnull=True, status="cancelled"),
            ),
            models.CheckConstraint(
                name="race_status_known",
                condition=Q(
                    status__in=["scheduled", "completed", "cancelled", "postponed"]
                ),
            ),
            models.CheckConstraint(
                name="race_sprint_format_known",
                condition=Q(
                    sprint_format__in=[
                        "",
                        "sets_grid_2021",
                        "sets_grid_2022",
                        "shootout_2023",
                        "qualifying_2024",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="race_course_length_positive",
                condition=Q(course_length_km__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["circuit", "starts_on"], name="race_at_circuit"),
            models.Index(fields=["status", "starts_on"], name="race_next"),
        ]

    def __str__(self) -> str:
        return f"{self.season_id} {self.name}"

    @property
    def label(self) -> str:
        """Season and round as in addresses and commands: ``2024-22``."""
        return f"{self.season_id}-{self.round or self.grand_prix}"

    @property
    def is_completed(self) -> bool:
        return self.status == self.Status.COMPLETED

    @property
    def is_future_race(self) -> bool:
        """Not yet started, by the clock of the site."""
        if self.starts_at is not None:
            return self.starts_at > clock.now()
        return self.starts_on > clock.now().date()

    @property
    def begins_at(self) -> datetime:
        """Lights out; where only the day is known, its first moment."""
        return begins_at(self.starts_at, self.starts_on)

    @property
    def over_at(self) -> datetime:
        """UTC, when it can be over."""
        return over_at(SessionKind.RACE, self.starts_at, self.starts_on)

    @property
    def is_sprint_weekend(self) -> bool:
        return self.sprint_format != self.SprintFormat.NONE

    @property
    def local_start(self) -> datetime | None:
        """Lights out in the circuit's own time zone."""
        if self.starts_at is None or not self.circuit.time_zone:
            return self.starts_at
        return self.starts_at.astimezone(ZoneInfo(self.circuit.time_zone))


class SessionKind(models.TextChoices):
    FP1 = "FP1"
    FP2 = "FP2"
    FP3 = "FP3"
    FP4 = "FP4"
    QUALIFYING = "qualifying"
    SPRINT_QUALIFYING = "sprint_qualifying"
    SPRINT = "sprint"
    WARM_UP = "warm_up"
    RACE = "race"


PRACTICE_TIME = SPRINT_TIME = timedelta(hours=1)
#: Three parts and the breaks between them.
QUALIFYING_TIME = timedelta(hours=1, minutes=15)
#: The limit of the rules for the racing itself.
RACE_TIME = timedelta(hours=2)
#: Of the others, all of them practice, ``PRACTICE_TIME``.
SESSION_TIMES: dict[str, timedelta] = {
    SessionKind.SPRINT_QUALIFYING: PRACTICE_TIME,
    SessionKind.SPRINT: SPRINT_TIME,
    SessionKind.QUALIFYING: QUALIFYING_TIME,
    SessionKind.RACE: RACE_TIME,
}


def begins_at(starts_at: datetime | None, starts_on: date) -> datetime:
    """When a session begins; where only the day is known, its first moment, UTC."""
    return starts_at or datetime.combine(starts_on, time.min, tzinfo=UTC)


def over_at(kind: str, starts_at: datetime | None, starts_on: date) -> datetime:
    """When a session can be over; where only the day is known, the midnight after."""
    if starts_at is None:
        return datetime.combine(starts_on + timedelta(days=1), time.min, tzinfo=UTC)
    return starts_at + SESSION_TIMES.get(kind, PRACTICE_TIME)


class Session(models.Model):
    """One timed outing of a race weekend."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="sessions")
    kind = models.CharField(max_length=17, choices=SessionKind.choices)
    starts_on = models.DateField(help_text="date in UTC")
    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC; empty: only the date is known"
    )

    class Meta:
        ordering = ["starts_on", "starts_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["race", "kind"], name="session_kind_unique"
            ),
            models.CheckConstraint(
                name="session_kind_known", condition=Q(kind__in=SessionKind.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.race} {self.kind}"

    @property
    def over_at(self) -> datetime:
        """UTC, when it can be over."""
        return over_at(self.kind, self.starts_at, self.starts_on)

    @property
    def begins_at(self) -> datetime:
        """UTC; where only the day is known, its first moment."""
        return begins_at(self.starts_at, self.starts_on)
