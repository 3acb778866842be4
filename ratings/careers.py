"""Whole careers in ratings: who was rated, each season's end, and races one by one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Subquery

from f1site.base import clock
from f1site.base.partitions import KEYS_PER_SEASON
from ingestion.models import Team
from ratings.models import (
    RatedRace,
    RatingChange,
    RatingChangeQuerySet,
    RatingKind,
)
from ratings.strengths import started_before

DRIVER, TEAM = "driver", "team"
#: What tells one subject from another, by what is rated.
KEYS = {DRIVER: "driver__slug", TEAM: "lineage"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Career:
    """Whose rating it is, and how long and how high.

    Attributes
    ----------
    key : slug of the driver, or of the chain of renamed teams
    slug, name, code : of the driver, or of the team under its newest name
    n : races rated
    n_within, peak : the same and the highest rating, Elo points, within the years
        that were asked for; None where there is no race
    """

    key: str
    slug: str
    name: str
    code: str
    n: int
    n_within: int
    peak: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A rating after a race."""

    key: str
    race_id: int
    on: date
    rating: float  # Elo points

    @property
    def season(self) -> int:
        return self.race_id // KEYS_PER_SEASON


def rated_seasons() -> tuple[int, int] | None:
    """First and last season of the races rated so far. One query."""
    ends = _known().aggregate(first=Min("race__season"), last=Max("race__season"))
    return (ends["first"], ends["last"]) if ends["first"] else None


def careers(of: str, kind: str, first: int, last: int) -> list[Career]:
    """Everybody who was ever rated, most races first. One query, of teams two.

    Parameters
    ----------
    of : driver or team
    kind : race or qualifying
    first, last : years of ``n_within`` and ``peak``
    """
    within = Q(race_id__gte=_key(first), race_id__lt=_key(last + 1))
    rows: Iterable[Any] = (
        _changes(of, kind)
        .order_by()
        .values(key=F(KEYS[of]), **_names(of))
        .annotate(
            n=Count("pk"),
            n_within=Count("pk", filter=within),
            peak=Max("after", filter=within & Q(is_provisional=False)),
        )
        .order_by("-n", "key")
    )
    names = _team_names(kind) if of == TEAM else {}
    return [_career(row, names) for row in rows]


def chains(kind: str) -> dict[str, str]:
    """Slug or lower-case name of a team, as rated: the chain it is a link of."""
    rows = (
        _changes(TEAM, kind)
        .order_by()
        .values_list("team__slug", "team__name", "lineage")
    )
    found: dict[str, str] = {}
    for slug, name, lineage in rows.distinct():
        found[slug] = found[name.lower()] = lineage
    return found


def season_ends(
    of: str, kind: str, first: int, last: int, keys: Collection[str] | None = None
) -> list[Rated]:
    """The last rating of everybody in each season, in order of time. One query.

    Parameters
    ----------
    keys : of careers; everybody's unless told
    """
    each = KEYS[of], "race__season_id"
    rows = _within(of, kind, first, last, keys).order_by(*each, "-sequence")
    return sorted(_rated(of, rows.distinct(*each)), key=lambda rated: rated.on)


def race_by_race(
    of: str, kind: str, first: int, last: int, keys: Collection[str]
) -> list[Rated]:
    """Every rating of those careers, in order of time. One query."""
    rows = _within(of, kind, first, last, keys)
    return _rated(of, rows.order_by("sequence", "pk"))


def letters(slug: str) -> str:
    """Three letters for a team, which has no code of its own."""
    return slug.replace("-", "")[:3].upper()


def chain_history(team: Team, kind: str) -> list[RatingChange]:
    """All changes of a team and of what it was called before and after, in order of
    time, with their races and teams. Two queries: the plan of one is slow.
    """
    rows = RatingChange.objects.filter(team=team)
    own = list(rows.order_by().values_list("lineage", flat=True).distinct())
    changes = _changes(TEAM, kind).filter(lineage__in=own).order_by("sequence")
    return list(changes.select_related("race", "team"))


def teams_at(of: str, kind: str, races: Mapping[str, int]) -> dict[str, str]:
    """Slug of the team of each career, as it was called in a race of its own.

    At most two queries.

    Parameters
    ----------
    races : key of each career to the race
    """
    rows = RatingChange.objects.filter(kind=kind, race_id__in=set(races.values()))
    teams = {
        (race, lineage): slug
        for race, lineage, slug in rows.of_teams().values_list(
            "race_id", "lineage", "team__slug"
        )
    }
    cars = [(race, key, key) for key, race in races.items()]
    if of == DRIVER:
        drivers = rows.of_drivers().filter(driver__slug__in=races)
        cars = list(drivers.values_list("race_id", "driver__slug", "lineage"))
    return {
        key: teams[race, lineage]
        for race, key, lineage in cars
        if races[key] == race and (race, lineage) in teams
    }


def _known() -> Any:
    return RatedRace.objects.filter(started_before(clock.now()))


def _changes(of: str, kind: str) -> RatingChangeQuerySet:
    last = _known().order_by("-sequence").values("sequence")[:1]
    changes = RatingChange.objects.filter(
        kind=RatingKind(kind), sequence__lte=Subquery(last)
    )
    return changes.of_drivers() if of == DRIVER else changes.of_teams()


def _within(
    of: str, kind: str, first: int, last: int, keys: Collection[str] | None
) -> RatingChangeQuerySet:
    changes = _changes(of, kind).filter(
        race_id__gte=_key(first), race_id__lt=_key(last + 1)
    )
    return changes if keys is None else changes.filter(**{f"{KEYS[of]}__in": keys})


def _rated(of: str, rows: Any) -> list[Rated]:
    return [
        Rated(key=key, race_id=race, on=on, rating=after)
        for key, race, on, after in rows.values_list(
            KEYS[of], "race_id", "race__starts_on", "after"
        )
    ]


def _key(season: int) -> int:
    return season * KEYS_PER_SEASON


def _names(of: str) -> dict[str, F]:
    if of == TEAM:
        return {}
    return {
        "name": F("driver__name"),
        "code": F("driver__code"),
        "last_name": F("driver__last_name"),
    }


def _team_names(kind: str) -> dict[str, tuple[str, str]]:
    """Chain: slug and name of its newest team."""
    rows = _changes(TEAM, kind).order_by("lineage", "-sequence").distinct("lineage")
    return {
        lineage: (slug, name)
        for lineage, slug, name in rows.values_list(
            "lineage", "team__slug", "team__name"
        )
    }


def _career(row: dict[str, Any], names: dict[str, tuple[str, str]]) -> Career:
    key = row["key"]
    slug, name = names.get(key) or (key, row["name"])
    code = row.get("code") or (row.get("last_name") or letters(slug))[:3]
    return Career(
        key=key,
        slug=slug,
        name=name,
        code=code.upper(),
        n=row["n"],
        n_within=row["n_within"],
        peak=row["peak"],
    )
