"""Ratings as stored: one row per race, kind and rated driver or team."""

from django.db import models
from django.db.models import Q

from f1site.base import clock
from ingestion.models import Driver, Race, Team

#: What is read of a change along with whose it is.
NUMBERS = ("n_before", "before", "k_factor", "after", "deviation")


class RatingKind(models.TextChoices):
    RACE = "race"
    QUALIFYING = "qualifying"


class RatingRun(models.Model):
    """One replay of the ratings, with the parameters it used."""

    started_at = models.DateTimeField(default=clock.now, help_text="UTC")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    since = models.ForeignKey(
        Race,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="first race replayed",
    )
    through = models.ForeignKey(
        Race,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="last race rated",
    )
    config = models.JSONField(default=dict, help_text="parameters of the engine")
    data_hash = models.CharField(max_length=64, help_text="SHA-256 of what was rated")
    n_races = models.PositiveIntegerField(default=0, help_text="races replayed")
    n_changes = models.PositiveIntegerField(default=0, help_text="rows written")

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.n_races} races, {self.started_at:%Y-%m-%d %H:%M}"


class RatedRace(models.Model):
    """What the ratings made use of in a race, in the order of replay.

    A race whose digest, or whose place, is no longer what the record says is
    where the next replay begins.
    """

    race = models.OneToOneField(
        Race, on_delete=models.PROTECT, primary_key=True, related_name="rated"
    )
    sequence = models.PositiveIntegerField(
        unique=True, help_text="place in the order of time, from 0"
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of its rows")

    class Meta:
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.race}"


class RatingChangeQuerySet(models.QuerySet["RatingChange"]):
    """Named questions about rating changes."""

    def of_drivers(self) -> "RatingChangeQuerySet":
        return self.filter(driver__isnull=False)

    def of_teams(self) -> "RatingChangeQuerySet":
        return self.filter(team__isnull=False)


class RatingChange(models.Model):
    """How one race moved one rating: either a driver's or a team's."""

    race = models.ForeignKey(Race, on_delete=models.PROTECT, db_index=False)
    kind = models.CharField(max_length=10, choices=RatingKind.choices)
    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, null=True, blank=True, db_index=False
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, db_index=False
    )
    sequence = models.PositiveIntegerField(
        default=0, help_text="place of the race in the order of time, from 0"
    )
    lineage = models.SlugField(
        max_length=100,
        blank=True,
        db_index=False,
        help_text="the team's, or that of the team driven for",
    )
    n_before = models.PositiveIntegerField(
        default=0, help_text="races that had moved the rating"
    )
    before = models.FloatField(help_text="Elo points")
    expected_score = models.FloatField(help_text="share of pairs, 0 to 1")
    actual_score = models.FloatField(help_text="share of pairs, 0 to 1")
    k_factor = models.FloatField(
        help_text="Elo points for a share of 1; 0: the race does not count"
    )
    after = models.FloatField(help_text="Elo points")
    deviation = models.FloatField(
        default=0.0, help_text="standard deviation after the race, Elo points"
    )
    is_provisional = models.BooleanField(
        default=False, help_text="too little was known after the race"
    )

    objects = RatingChangeQuerySet.as_manager()

    class Meta:
        default_related_name = "rating_changes"
        ordering = ["race", "kind", "-after"]
        constraints = [
            models.CheckConstraint(
                name="rating_change_one_subject",
                condition=Q(driver__isnull=True, team__isnull=False)
                | Q(driver__isnull=False, team__isnull=True),
            ),
            models.CheckConstraint(
                name="rating_change_scores_are_shares",
                condition=Q(
                    expected_score__gte=0,
                    expected_score__lte=1,
                    actual_score__gte=0,
                    actual_score__lte=1,
                ),
            ),
            models.CheckConstraint(
                name="rating_change_kind_known",
                condition=Q(kind__in=["race", "qualifying"]),
            ),
            models.UniqueConstraint(
                fields=["driver", "kind", "race"], name="rating_change_driver_unique"
            ),
            models.UniqueConstraint(
                fields=["team", "kind", "race"], name="rating_change_team_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["race", "kind"], name="rating_change_of_race"),
            models.Index(
                fields=["kind", "driver", "-sequence"],
                include=["race", "lineage", *NUMBERS],
                condition=Q(driver__isnull=False),
                name="rating_change_newest_driver",
            ),
            models.Index(
                fields=["kind", "lineage", "-sequence"],
                include=["race", "team", *NUMBERS],
                condition=Q(team__isnull=False),
                name="rating_change_newest_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.driver or self.team} {self.kind} {self.after:.0f}"


class DriverRanking(models.Model):
    """A driver's rating in races now, and the career behind it: a materialised view.

    Brought up to date by ``ratings.services.refresh_rankings``, which blocks nobody.
    """

    driver = models.OneToOneField(
        Driver, on_delete=models.DO_NOTHING, primary_key=True, related_name="ranking"
    )
    slug = models.SlugField(max_length=100)
    name = models.CharField(max_length=100)
    code = models.CharField(max_length=3)
    team_slug = models.SlugField(max_length=100, help_text="driven for last")
    team_name = models.CharField(max_length=100)
    rating = models.FloatField(help_text="after the last race, Elo points")
    deviation = models.FloatField(help_text="after the last race, Elo points")
    rank = models.PositiveIntegerField(help_text="by rating, among all on record")
    active_rank = models.PositiveIntegerField(
        null=True, help_text="by rating, among those rated in the newest season"
    )
    qualifying_rating = models.FloatField(null=True, help_text="Elo points")
    peak = models.FloatField(
        null=True, help_text="highest that was not provisional, Elo points"
    )
    peak_deviation = models.FloatField(null=True, help_text="Elo points")
    peak_race = models.ForeignKey(
        Race, on_delete=models.DO_NOTHING, null=True, related_name="+"
    )
    three_year_peak = models.FloatField(
        null=True, help_text="highest mean of three years, Elo points"
    )
    three_year_deviation = models.FloatField(
        null=True, help_text="mean of the same three years, Elo points"
    )
    three_year_race = models.ForeignKey(
        Race,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        help_text="last race of those years",
    )
    three_year_rank = models.PositiveIntegerField(null=True)
    n_rated = models.PositiveIntegerField(help_text="races that moved the rating")
    starts = models.PositiveIntegerField()
    wins = models.PositiveIntegerField()
    podiums = models.PositiveIntegerField()
    points = models.DecimalField(
        max_digits=8, decimal_places=2, help_text="in races and sprints"
    )
    first_season = models.PositiveSmallIntegerField()
    latest_season = models.PositiveSmallIntegerField()
    as_of_race = models.ForeignKey(
        Race, on_delete=models.DO_NOTHING, related_name="+", help_text="newest rated"
    )

    class Meta:
        managed = False
        db_table = "driver_rankings"
        ordering = ["rank", "slug"]

    def __str__(self) -> str:
        return f"{self.rank}. {self.name}"
