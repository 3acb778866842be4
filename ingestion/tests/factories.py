"""Rows for tests, and a mini-season with a known cast.

The season has three teams of two drivers, three races that were held and one ahead:

>>> season = mini_season()
>>> [race.round for race in season.races], season.next_race.round
([1, 2, 3], 4)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from auditlog.context import disable_auditlog

from ingestion.models import (
    Circuit,
    Driver,
    Entry,
    GridSlot,
    QualifyingResult,
    Race,
    RaceResult,
    ResultStatus,
    Season,
    Team,
)

POINTS = (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)

#: Driver → team, in the order of the championship.
CAST = {
    "max-verstappen": "red-bull",
    "sergio-perez": "red-bull",
    "charles-leclerc": "ferrari",
    "carlos-sainz-jr": "ferrari",
    "lando-norris": "mclaren",
    "oscar-piastri": "mclaren",
}
CODES = ("VER", "PER", "LEC", "SAI", "NOR", "PIA")
NUMBERS = ("1", "11", "16", "55", "4", "81")

#: Grand Prix → who finished in which order; who is missing retired.
ORDERS = {
    "bahrain": ("max-verstappen", "sergio-perez", "carlos-sainz-jr", "charles-leclerc"),
    "saudi-arabia": ("max-verstappen", "sergio-perez", "charles-leclerc"),
    "australia": ("carlos-sainz-jr", "charles-leclerc", "lando-norris"),
}
AHEAD = "japan"


@contextmanager
def unlogged() -> Iterator[None]:
    """As an import does: the history of edits is for what people change."""
    with disable_auditlog():
        yield


@unlogged()
def make_circuit(slug: str = "monza", **facts: Any) -> Circuit:
    defaults = {
        "name": slug.replace("-", " ").title(),
        "full_name": f"Circuit of {slug}",
        "place": "Monza",
        "country": "Italy",
        "length_km": Decimal("5.793"),
        "turns": 11,
        "kind": Circuit.Kind.RACE,
        "time_zone": "Europe/Rome",
    }
    return Circuit.objects.get_or_create(slug=slug, defaults=defaults | facts)[0]


@unlogged()
def make_team(slug: str = "ferrari", **facts: Any) -> Team:
    name = slug.replace("-", " ").title()
    defaults = {"name": name, "full_name": name, "country": "Italy"}
    return Team.objects.get_or_create(slug=slug, defaults=defaults | facts)[0]


@unlogged()
def make_driver(slug: str = "charles-leclerc", **facts: Any) -> Driver:
    first_name, *rest = slug.title().split("-")
    last_name = " ".join(rest) or first_name
    defaults = {
        "name": f"{first_name} {last_name}",
        "first_name": first_name,
        "last_name": last_name,
        "born_on": date(1997, 10, 16),
    }
    return Driver.objects.get_or_create(slug=slug, defaults=defaults | facts)[0]


@unlogged()
def make_race(year: int = 2024, round: int = 1, **facts: Any) -> Race:
    """A race that lies ahead, on the round-th Sunday from March on."""
    season, _ = Season.objects.get_or_create(year=year)
    starts_on = facts.pop("starts_on", date(year, 3, 1) + timedelta(weeks=round - 1))
    defaults = {
        "id": year * 1000 + round,
        "grand_prix": f"grand-prix-{round}",
        "name": f"Grand Prix {round}",
        "circuit": facts.pop("circuit", None) or make_circuit(),
        "starts_at": datetime.combine(starts_on, time(13), UTC),
    }
    return Race.objects.create(
        season=season, round=round, starts_on=starts_on, **(defaults | facts)
    )


@unlogged()
def make_result(
    race: Race, driver: Driver, team: Team, display_order: int, **facts: Any
) -> RaceResult:
    """A classified finish, or with ``position=None`` a retirement."""
    position = facts.pop("position", display_order)
    is_classified = position is not None
    defaults = {
        "car_number": str(display_order),
        "is_classified": is_classified,
        "status": ResultStatus.FINISHED if is_classified else ResultStatus.RETIRED,
        "reason": "" if is_classified else "Engine",
        "grid": display_order,
        "laps": 57 if is_classified else 20,
        "time_ms": 5_400_000 + 1000 * display_order if is_classified else None,
        "points": POINTS[position - 1] if is_classified and position <= 10 else 0,
    }
    return RaceResult.objects.create(
        race=race,
        driver=driver,
        team=team,
        display_order=display_order,
        position=position,
        **(defaults | facts),
    )


@unlogged()
def hold(
    race: Race,
    order: Sequence[str],
    drivers: Mapping[str, Driver],
    teams: Mapping[str, Team],
) -> None:
    """Let a race happen: qualifying and grid by the cast, the result by ``order``."""
    retired = [slug for slug in drivers if slug not in order]
    for place, slug in enumerate([*order, *retired], start=1):
        grid = list(drivers).index(slug) + 1
        make_result(
            race,
            drivers[slug],
            teams[slug],
            place,
            position=place if slug in order else None,
            car_number=NUMBERS[grid - 1],
            grid=grid,
            qualifying_position=grid,
            has_pole=grid == 1,
        )
        _qualify(race, drivers[slug], teams[slug], grid)
    race.status, race.laps = Race.Status.COMPLETED, 57
    race.results_changed_at = datetime.combine(race.starts_on, time(18), UTC)
    race.save()


def _qualify(race: Race, driver: Driver, team: Team, grid: int) -> None:
    row: dict[str, Any] = {
        "race": race,
        "driver": driver,
        "team": team,
        "car_number": NUMBERS[grid - 1],
        "display_order": grid,
        "position": grid,
    }
    QualifyingResult.objects.create(
        **row, q1_ms=91_000 + 100 * grid, q2_ms=90_500 + 100 * grid, q3_ms=90_000 + grid
    )
    GridSlot.objects.create(**row, qualifying_position=grid)


@unlogged()
def enter(
    race: Race, drivers: Mapping[str, Driver], teams: Mapping[str, Team]
) -> Iterable[Entry]:
    return [
        Entry.objects.create(
            race=race,
            driver=driver,
            team=teams[slug],
            car_number=number,
            is_typed_in=False,
        )
        for (slug, driver), number in zip(drivers.items(), NUMBERS, strict=True)
    ]


@dataclass(frozen=True)
class MiniSeason:
    """The rows of :func:`mini_season`, drivers by slug, teams by their drivers."""

    year: int
    drivers: dict[str, Driver]
    teams: dict[str, Team]
    races: list[Race]
    next_race: Race


@unlogged()
def mini_season(year: int = 2024) -> MiniSeason:
    """Three races held and one ahead, with entries, qualifying, grids and results."""
    drivers = {
        slug: make_driver(slug, code=code)
        for slug, code in zip(CAST, CODES, strict=True)
    }
    teams = {slug: make_team(team) for slug, team in CAST.items()}
    races = []
    for round, grand_prix in enumerate([*ORDERS, AHEAD], start=1):
        race = make_race(
            year,
            round,
            grand_prix=grand_prix,
            name=f"{grand_prix.title()} Grand Prix",
            circuit=make_circuit(grand_prix),
        )
        enter(race, drivers, teams)
        if grand_prix in ORDERS:
            hold(race, ORDERS[grand_prix], drivers, teams)
        races.append(race)
    return MiniSeason(year, drivers, teams, races[:-1], races[-1])
