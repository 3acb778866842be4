"""What happened: results of races, sprints, qualifying and practice."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from ingestion.models.calendar import Race, SessionKind
from ingestion.models.corrections import Correction
from ingestion.models.entrants import Driver, Team
from ingestion.models.provenance import SourceFetch


class ResultStatus(models.TextChoices):
    FINISHED = "finished"
    LAPPED = "lapped"
    RETIRED = "retired"
    DISQUALIFIED = "disqualified"
    DID_NOT_START = "did_not_start"
    DID_NOT_QUALIFY = "did_not_qualify"
    NOT_CLASSIFIED = "not_classified"


#: Who stands here has come through, even where he set no time in the next part.
#: In larger fields more came through to the second part.
Q2_PLACES, Q3_PLACES = 15, 10

#: A driver with one of these took the start.
STARTED = [
    ResultStatus.FINISHED,
    ResultStatus.LAPPED,
    ResultStatus.RETIRED,
    ResultStatus.DISQUALIFIED,
    ResultStatus.NOT_CLASSIFIED,
]


class SessionRow(models.Model):
    """What every row of a session's classification has.

    The unique constraints and the composite indexes of each table begin with the
    keys that are asked for, so the keys need no index of their own.
    """

    race = models.ForeignKey(Race, on_delete=models.PROTECT, db_index=False)
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, db_index=False)
    car_number = models.CharField(max_length=3, blank=True)
    display_order = models.PositiveSmallIntegerField(
        help_text="published order of all cars, from 1"
    )
    position = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="empty: not classified"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.race}: {self.position or '–'} {self.driver}"


class FinishQuerySet(models.QuerySet["RaceResult"]):
    """Named questions about finishes."""

    def started(self) -> "FinishQuerySet":
        return self.filter(status__in=STARTED)


class Finish(SessionRow):
    """A row of the classification of a race or a sprint."""

    is_classified = models.BooleanField(help_text="the rules count the finish")
    status = models.CharField(max_length=15, choices=ResultStatus.choices)
    reason = models.CharField(
        max_length=100, blank=True, help_text="why it ended, as published"
    )
    grid = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="starting slot from 1; empty: none or pit lane"
    )
    from_pit_lane = models.BooleanField(default=False)
    qualifying_position = models.PositiveSmallIntegerField(null=True, blank=True)
    laps = models.PositiveSmallIntegerField(null=True, blank=True)
    time_ms = models.PositiveIntegerField(null=True, blank=True, help_text="ms")
    gap_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="ms behind the winner"
    )
    gap_laps = models.PositiveSmallIntegerField(null=True, blank=True)
    penalty_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="ms added after the flag"
    )
    points = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0), help_text="points scored"
    )

    class Meta(SessionRow.Meta):
        abstract = True

    @property
    def did_start(self) -> bool:
        return self.status in STARTED

    @property
    def is_dnf(self) -> bool:
        """Started and retired; DNS, DSQ and DNQ are not DNF."""
        return self.status == ResultStatus.RETIRED


def finish_checks(name: str) -> list[models.BaseConstraint]:
    """The promises that races and sprints share, named after their table."""
    return [
        models.CheckConstraint(
            name=f"{name}_position_if_classified",
            # "Not null" is said aloud: a check passes when it is unknown.
            condition=Q(is_classified=True, position__isnull=False, position__gte=1)
            | Q(is_classified=False, position__isnull=True),
        ),
        models.CheckConstraint(
            name=f"{name}_status_known",
            condition=Q(status__in=ResultStatus.values),
        ),
        models.CheckConstraint(
            name=f"{name}_grid_from_one",
            condition=Q(grid__isnull=True) | Q(grid__gte=1, from_pit_lane=False),
        ),
        models.CheckConstraint(
            name=f"{name}_points_not_negative", condition=Q(points__gte=0)
        ),
        models.CheckConstraint(
            name=f"{name}_display_order_from_one", condition=Q(display_order__gte=1)
        ),
    ]


class RaceResult(Finish):
    """A row of a race's classification; partitioned by race.

    One driver may stand twice in a race of the past (shared cars), never twice
    in the same car. Nothing may point at this table.
    """

    is_shared_car = models.BooleanField(
        default=False, help_text="took over a car that somebody else is counted in"
    )
    has_pole = models.BooleanField(default=False, help_text="as the sport counts it")
    has_fastest_lap = models.BooleanField(default=False)
    best_lap_ms = models.PositiveIntegerField(null=True, blank=True, help_text="ms")
    pit_stops = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = FinishQuerySet.as_manager()

    class Meta(Finish.Meta):
        default_related_name = "results"
        ordering = ["race", "display_order"]
        constraints = [
            *finish_checks("race_result"),
            models.UniqueConstraint(
                fields=["race", "driver", "car_number"],
                name="race_result_unique_entry",
            ),
            models.UniqueConstraint(
                fields=["race", "display_order"], name="race_result_order_unique"
            ),
            models.UniqueConstraint(
                fields=["race"],
                # "Not null" is said aloud: forms take what is unknown for a winner.
                condition=Q(position__isnull=False, position=1, is_shared_car=False),
                name="race_result_one_winner",
            ),
        ]
        indexes = [
            models.Index(fields=["driver", "race"], name="race_result_of_driver"),
            models.Index(fields=["team", "race"], name="race_result_of_team"),
        ]


class SprintResult(Finish):
    """A row of a sprint's classification."""

    objects = models.Manager["SprintResult"]()

    class Meta(Finish.Meta):
        default_related_name = "sprint_results"
        ordering = ["race", "display_order"]
        constraints = [
            *finish_checks("sprint_result"),
            models.UniqueConstraint(
                fields=["race", "driver"], name="sprint_result_unique_entry"
            ),
            models.UniqueConstraint(
                fields=["race", "display_order"], name="sprint_result_order_unique"
            ),
        ]


class QualifyingResult(SessionRow):
    """A row of qualifying, or of the session that sets a sprint's grid."""

    class Status(models.TextChoices):
        CLASSIFIED = "classified"
        NOT_CLASSIFIED = "not_classified"
        EXCLUDED = "excluded"
        DISQUALIFIED = "disqualified"

    kind = models.CharField(
        max_length=17,
        choices=[
            (SessionKind.QUALIFYING.value, "qualifying"),
            (SessionKind.SPRINT_QUALIFYING.value, "sprint qualifying"),
        ],
        default=SessionKind.QUALIFYING,
    )
    status = models.CharField(
        max_length=14, choices=Status.choices, default=Status.CLASSIFIED
    )
    time_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="ms, of formats without three parts"
    )
    q1_ms = models.PositiveIntegerField(null=True, blank=True, help_text="ms")
    q2_ms = models.PositiveIntegerField(null=True, blank=True, help_text="ms")
    q3_ms = models.PositiveIntegerField(null=True, blank=True, help_text="ms")
    laps = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(SessionRow.Meta):
        default_related_name = "qualifying_results"
        ordering = ["race", "kind", "display_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["race", "kind", "display_order"],
                name="qualifying_result_order_unique",
            ),
            # Only once classified: Bottas stands in Britain 2023 with a lap time, and
            # again as disqualified.
            models.UniqueConstraint(
                fields=["race", "kind", "driver", "car_number"],
                condition=Q(position__isnull=False),
                name="qualifying_result_unique_entry",
            ),
            models.CheckConstraint(
                name="qualifying_result_position_from_one",
                condition=Q(position__isnull=True) | Q(position__gte=1),
            ),
            models.CheckConstraint(
                name="qualifying_result_status_known",
                condition=Q(
                    status__in=[
                        "classified",
                        "not_classified",
                        "excluded",
                        "disqualified",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="qualifying_result_kind_known",
                condition=Q(kind__in=["qualifying", "sprint_qualifying"]),
            ),
        ]
        indexes = [
            models.Index(fields=["driver", "race"], name="qualifying_of_driver"),
        ]

    @property
    def best_time_ms(self) -> int | None:
        """The best lap of any part, in ms."""
        laps = [self.time_ms, self.q1_ms, self.q2_ms, self.q3_ms]
        return min((lap for lap in laps if lap is not None), default=None)

    @property
    def made_q2(self) -> bool:
        """Took part in the second of three parts, with or without a time in it."""
        if self.q2_ms is not None or self.q3_ms is not None:
            return True
        return self.q1_ms is not None and self._is_within(Q2_PLACES)

    @property
    def made_q3(self) -> bool:
        """Took part in the last of three parts, with or without a time in it."""
        if self.q3_ms is not None:
            return True
        return self.q2_ms is not None and self._is_within(Q3_PLACES)

    def _is_within(self, places: int) -> bool:
        return self.position is not None and self.position <= places

    @property
    def is_pole(self) -> bool:
        return self.position == 1

    @property
    def front_row(self) -> bool:
        return self.position in {1, 2}


class GridSlot(models.Model):
    """The published starting order, known before the result is."""

    race = models.ForeignKey(Race, on_delete=models.PROTECT)
    kind = models.CharField(
        max_length=6,
        choices=[
            (SessionKind.RACE.value, "race"),
            (SessionKind.SPRINT.value, "sprint"),
        ],
        default=SessionKind.RACE,
    )
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    car_number = models.CharField(max_length=3, blank=True)
    display_order = models.PositiveSmallIntegerField(help_text="from 1")
    position = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="slot from 1; empty: pit lane"
    )
    from_pit_lane = models.BooleanField(default=False)
    qualifying_position = models.PositiveSmallIntegerField(null=True, blank=True)
    penalty_places = models.PositiveSmallIntegerField(null=True, blank=True)
    penalty = models.CharField(
        max_length=50, blank=True, help_text="SFB: start from the back"
    )

    class Meta:
        default_related_name = "grid_slots"
        ordering = ["race", "kind", "display_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["race", "kind", "display_order"],
                name="grid_slot_order_unique",
            ),
            models.UniqueConstraint(
                fields=["race", "kind", "driver", "car_number"],
                name="grid_slot_unique_entry",
            ),
            models.CheckConstraint(
                name="grid_slot_position_or_pit_lane",
                condition=Q(position__isnull=True, from_pit_lane=True)
                | Q(position__isnull=False, position__gte=1, from_pit_lane=False),
            ),
            models.CheckConstraint(
                name="grid_slot_kind_known", condition=Q(kind__in=["race", "sprint"])
            ),
        ]
        indexes = [models.Index(fields=["driver", "race"], name="grid_slot_of_driver")]

    def __str__(self) -> str:
        return f"{self.race}: {self.position or 'pit lane'} {self.driver}"


class GridPenalty(models.Model):
    """A penalty that was announced, before a grid with it is published."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE)
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT)
    places = models.PositiveSmallIntegerField(
        default=0, help_text="places back on the grid"
    )
    from_back = models.BooleanField(default=False, help_text="start from the back")
    from_pit_lane = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True)
    link = models.URLField(max_length=500, blank=True)
    announced_at = models.DateTimeField(help_text="UTC; nobody knew it before")

    class Meta:
        default_related_name = "grid_penalties"
        verbose_name_plural = "grid penalties"
        ordering = ["race", "announced_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="grid_penalty_says_something",
                condition=Q(places__gte=1) | Q(from_back=True) | Q(from_pit_lane=True),
            ),
        ]

    def __str__(self) -> str:
        if self.from_pit_lane:
            return f"{self.driver}: pit lane"
        return f"{self.driver}: {'back' if self.from_back else f'{self.places} places'}"


class ResultVersion(models.Model):
    """A classification as it stood for a while; the newest is what the tables say."""

    class Standing(models.TextChoices):
        PROVISIONAL = "provisional"
        FINAL = "final"
        AMENDED = "amended"

    #: The source of what an editor says, with or without a correction.
    EDITOR = "correction"

    race = models.ForeignKey(Race, on_delete=models.CASCADE)
    kind = models.CharField(
        max_length=6,
        choices=[
            (SessionKind.RACE.value, "race"),
            (SessionKind.SPRINT.value, "sprint"),
        ],
        default=SessionKind.RACE,
    )
    number = models.PositiveSmallIntegerField(help_text="from 1, the oldest")
    standing = models.CharField(max_length=11, choices=Standing.choices)
    known_at = models.DateTimeField(help_text="UTC, when the record came to say so")
    source = models.CharField(
        max_length=30, help_text="archive, starter, live, upload or correction"
    )
    fetch = models.ForeignKey(
        SourceFetch, on_delete=models.SET_NULL, null=True, blank=True
    )
    correction = models.ForeignKey(
        Correction, on_delete=models.SET_NULL, null=True, blank=True
    )
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of its rows")
    rows = models.JSONField(help_text="fields of each row, in published order")

    class Meta:
        default_related_name = "result_versions"
        ordering = ["race", "kind", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["race", "kind", "number"], name="result_version_unique"
            ),
            models.CheckConstraint(
                name="result_version_standing_known",
                condition=Q(standing__in=["provisional", "final", "amended"]),
            ),
            models.CheckConstraint(
                name="result_version_number_from_one", condition=Q(number__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.race} {self.kind}: version {self.number}, {self.standing}"

    @property
    def is_typed_in(self) -> bool:
        """An editor wrote it into the tables, over no source's word."""
        return self.source == self.EDITOR and self.correction_id is None


class PracticeResult(SessionRow):
    """Best lap of a driver in a practice session."""

    kind = models.CharField(
        max_length=3,
        choices=[(k.value, k.value) for k in list(SessionKind)[:4]],
    )
    time_ms = models.PositiveIntegerField(null=True, blank=True, help_text="ms")
    laps = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(SessionRow.Meta):
        default_related_name = "practice_results"
        ordering = ["race", "kind", "display_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["race", "kind", "display_order"],
                name="practice_result_order_unique",
            ),
            models.CheckConstraint(
                name="practice_result_kind_known",
                condition=Q(kind__in=["FP1", "FP2", "FP3", "FP4"]),
            ),
        ]
        indexes = [models.Index(fields=["driver", "race"], name="practice_of_driver")]


class Standing(models.Model):
    """A row of a championship after a race; never the sum of points.

    Up to 1990 only the best results counted, and exclusions happen.
    """

    race = models.ForeignKey(Race, on_delete=models.PROTECT)
    display_order = models.PositiveSmallIntegerField(help_text="from 1")
    position = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="empty: excluded"
    )
    points = models.DecimalField(max_digits=6, decimal_places=2)
    is_champion = models.BooleanField(default=False)

    class Meta:
        abstract = True
        ordering = ["race", "display_order"]

    def __str__(self) -> str:
        return f"{self.race}: {self.position or '–'} {self.points}"


class DriverStanding(Standing):
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT)

    class Meta(Standing.Meta):
        default_related_name = "driver_standings"
        constraints = [
            models.UniqueConstraint(
                fields=["race", "driver"], name="driver_standing_unique"
            ),
            models.CheckConstraint(
                name="driver_standing_points_not_negative", condition=Q(points__gte=0)
            ),
        ]


class TeamStanding(Standing):
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    engine = models.SlugField(
        max_length=100, help_text="maker; teams were ranked with their engine"
    )

    class Meta(Standing.Meta):
        default_related_name = "team_standings"
        constraints = [
            models.UniqueConstraint(
                fields=["race", "team", "engine", "display_order"],
                name="team_standing_unique",
            ),
            models.CheckConstraint(
                name="team_standing_points_not_negative", condition=Q(points__gte=0)
            ),
        ]
