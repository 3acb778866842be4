"""What is read of ratings, always as of a moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery, Value, Window

from f1site.base import clock
from f1site.base.partitions import KEYS_PER_SEASON
from ingestion.models import Driver, Team
from ratings.config import CONFIGS, EloConfig
from ratings.deviations import grown_deviation
from ratings.models import (
    NUMBERS,
    RatedRace,
    RatingChange,
    RatingChangeQuerySet,
    RatingKind,
)
from ratings.strengths import (
    Strengths,
    current_strengths,
    started_before,
    strengths_before,
)

__all__ = [
    "RatingRow",
    "Strengths",
    "current_strengths",
    "driver_ratings",
    "rating_history",
    "strengths_before",
    "team_ratings",
    "with_rating",
]

Rated = TypeVar("Rated", Driver, Team)

ESTABLISHED_PEAK = Max("after", filter=Q(is_provisional=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRow:
    """A line of a table of ratings, as the newest rated race left them.

    Attributes
    ----------
    rank : from 1; equal ratings share it
    slug, name, code : of the driver, or of the team under its name in that race
    team_slug, team_name : the team driven for in that race, or the team itself
    lineage : slug of the chain of renamed teams
    rating : now, Elo points
    peak : the highest that was not provisional, None if all were; Elo points
    change : what that race moved, Elo points
    deviation : standard deviation of the rating in the season asked for, Elo points
    is_provisional : too little is known of the rating
    n_races : races that moved the rating
    last_race_id, last_season : of that race
    """

    rank: int
    slug: str
    name: str
    code: str
    team_slug: str
    team_name: str
    lineage: str
    rating: float
    peak: float | None
    change: float
    deviation: float
    is_provisional: bool
    n_races: int
    last_race_id: int
    last_season: int


def driver_ratings(
    as_of: datetime | None = None,
    kind: str = RatingKind.RACE,
    *,
    include_inactive: bool = False,
) -> list[RatingRow]:
    """Drivers by rating, the best first. Two queries.

    Parameters
    ----------
    as_of : races that started later are not known; now, unless told
    kind : race or qualifying
    include_inactive : also who was not rated in the newest season
    """
    changes = _changes(as_of, kind).of_drivers()
    newest = _newest(changes, "driver", include_inactive)
    teams = _teams_in({change["race_id"] for change in newest}, kind)
    return [
        _row(
            change,
            teams[change["race_id"], change["lineage"]],
            CONFIGS[kind],
            is_team=False,
        )
        for change in newest
    ]


def team_ratings(
    as_of: datetime | None = None,
    kind: str = RatingKind.RACE,
    *,
    include_inactive: bool = False,
) -> list[RatingRow]:
    """Teams by rating, one for each chain of renamed teams. One query.

    The parameters are those of :func:`driver_ratings`.
    """
    changes = _changes(as_of, kind).of_teams()
    newest = _newest(changes, "team", include_inactive)
    return [
        _row(change, (change["slug"], change["name"]), CONFIGS[kind], is_team=True)
        for change in newest
    ]


def with_rating(subjects: QuerySet[Rated]) -> QuerySet[Rated]:
    """Drivers or teams with their ``rating`` in races as of now; None: never rated."""
    key = str(subjects.model._meta.model_name)
    own = _changes(None, RatingKind.RACE).filter(**{key: OuterRef("pk")})
    newest = own.order_by("-sequence").values("after")[:1]
    return subjects.annotate(rating=Subquery(newest))


def rating_history(
    subject: Driver | Team,
    kind: str = RatingKind.RACE,
    *,
    as_of: datetime | None = None,
) -> QuerySet[RatingChange]:
    """All changes of a driver, or of a team and what it was called before and
    after, in order of time, with their races. One query.
    """
    changes = _changes(as_of, kind).order_by("sequence")
    if isinstance(subject, Driver):
        return changes.filter(driver=subject).select_related("race")
    own = RatingChange.objects.filter(team=subject).values("lineage")
    return changes.of_teams().filter(lineage__in=own).select_related("race", "team")


def _changes(as_of: datetime | None, kind: str) -> RatingChangeQuerySet:
    known = RatedRace.objects.filter(started_before(as_of or clock.now()))
    last = known.order_by("-sequence").values("sequence")[:1]
    return RatingChange.objects.filter(kind=kind, sequence__lte=Subquery(last))


def _newest(
    changes: RatingChangeQuerySet, subject: str, include_inactive: bool
) -> list[dict[str, Any]]:
    """The newest change of each subject with its rank, the best first."""
    key = {"driver": "driver_id", "team": "lineage"}[subject]
    named = {"slug": F(f"{subject}__slug"), "name": F(f"{subject}__name")}
    code = F("driver__code") if subject == "driver" else Value("")
    newest = list(
        changes.annotate(peak=Window(ESTABLISHED_PEAK, partition_by=key))
        .order_by(key, "-sequence")
        .distinct(key)
        .values(*NUMBERS, "race_id", "lineage", "peak", code=code, **named)
    )
    season = _season(max((change["race_id"] for change in newest), default=0))
    if not include_inactive:
        newest = [c for c in newest if _season(c["race_id"]) == season]
    newest.sort(key=lambda change: (-change["after"], change["slug"]))
    rank, rating = 0, None
    for place, change in enumerate(newest, start=1):
        if change["after"] != rating:
            rank, rating = place, change["after"]
        change["rank"] = rank
        change["season"] = season
    return newest


def _season(race: int) -> int:
    return race // KEYS_PER_SEASON


def _teams_in(races: set[int], kind: str) -> dict[tuple[int, str], tuple[str, str]]:
    """Race and lineage to slug and name of the team, as it was called then."""
    changes = RatingChange.objects.of_teams().filter(kind=kind, race_id__in=races)
    return {
        (race, lineage): (slug, name)
        for race, lineage, slug, name in changes.values_list(
            "race_id", "lineage", "team__slug", "team__name"
        )
    }


def _row(
    change: dict[str, Any], team: tuple[str, str], config: EloConfig, *, is_team: bool
) -> RatingRow:
    last_season = _season(change["race_id"])
    deviation = grown_deviation(
        change["deviation"], last_season, change["season"], config, is_team=is_team
    )
    return RatingRow(
        rank=change["rank"],
        slug=change["slug"],
        name=change["name"],
        code=change["code"],
        team_slug=team[0],
        team_name=team[1],
        lineage=change["lineage"],
        rating=change["after"],
        peak=change["peak"],
        change=change["after"] - change["before"],
        deviation=deviation,
        is_provisional=config.is_provisional(deviation, is_team=is_team),
        n_races=change["n_before"] + (change["k_factor"] > 0),
        last_race_id=change["race_id"],
        last_season=last_season,
    )
