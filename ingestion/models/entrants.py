"""Who: teams, drivers and the entry list of each race."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from f1site.base import clock
from ingestion.models.calendar import Race


class Team(models.Model):
    """The constructor entered. Renamed teams share a lineage, not a row."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=100)
    full_name = models.CharField(max_length=150)
    country = models.CharField(max_length=100, blank=True)
    colour = models.CharField(
        max_length=7, blank=True, help_text="#rrggbb; empty: the neutral tone"
    )

    class Meta:
        ordering = ["name", "slug"]
        constraints = [
            models.CheckConstraint(
                name="team_colour_hex",
                condition=Q(colour="") | Q(colour__regex=r"^#[0-9a-f]{6}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TeamEra(models.Model):
    """Years in which a team was a link of a chain of renamed teams."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="eras")
    lineage = models.SlugField(
        max_length=100, help_text="slug of the first team of the chain"
    )
    first_year = models.PositiveSmallIntegerField()
    last_year = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="empty: to this day"
    )

    class Meta:
        ordering = ["lineage", "first_year"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "first_year"], name="team_era_start_unique"
            ),
            models.CheckConstraint(
                name="team_era_years_in_order",
                condition=Q(last_year__isnull=True) | Q(last_year__gte=F("first_year")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.first_year}–{self.last_year or ''}"


class Driver(models.Model):
    """A driver. The code of three capitals is not unique in history."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=100)
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    code = models.CharField(max_length=3, blank=True, help_text="three capitals")
    permanent_number = models.CharField(max_length=3, blank=True)
    born_on = models.DateField(null=True, blank=True)
    died_on = models.DateField(null=True, blank=True)
    nationality = models.CharField(max_length=100, blank=True)
    country_code = models.CharField(
        max_length=3, blank=True, help_text="ISO 3166 alpha-3"
    )

    class Meta:
        ordering = ["last_name", "first_name", "slug"]
        constraints = [
            models.CheckConstraint(
                name="driver_life_in_order",
                condition=Q(died_on__isnull=True) | Q(died_on__gt=F("born_on")),
            ),
            models.CheckConstraint(
                name="driver_code_three_capitals",
                condition=Q(code="") | Q(code__regex=r"^[A-Z]{3}$"),
                violation_error_message="A code is three capitals.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def age_on(self, day: date) -> int | None:
        """Completed years of life on that day; None where the birth is unknown."""
        if self.born_on is None:
            return None
        before_birthday = (day.month, day.day) < (self.born_on.month, self.born_on.day)
        return day.year - self.born_on.year - before_birthday

    @property
    def age(self) -> int | None:
        return self.age_on(self.died_on or clock.now().date())

    @property
    def current_team(self) -> Team | None:
        """The team of the newest entry. Costs a query."""
        entry = (
            self.entries.select_related("team")
            .order_by("-race__starts_on", "-race_id", "-id")
            .first()
        )
        return entry.team if entry else None


class Entry(models.Model):
    """A driver in a team's car at one race; old entries are never rewritten."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="entries")
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="entries")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="entries")
    car_number = models.CharField(
        max_length=3, blank=True, help_text="empty: not yet known"
    )
    is_practice_only = models.BooleanField(
        default=False, help_text="took part in practice and nothing else"
    )
    is_typed_in = models.BooleanField(
        default=True,
        help_text="by an editor; stands until the sessions of the race are imported",
    )

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["race", "team", "driver"]
        constraints = [
            models.UniqueConstraint(
                fields=["race", "driver", "team", "car_number"], name="entry_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.race}: {self.driver} ({self.team})"
