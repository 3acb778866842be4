"""The table that an address asks for: its rows counted, a page of them in shape."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, TypeVar

from django.db.models import Count, QuerySet

from ingestion.models import (
    DriverStanding,
    Race,
    ResultStatus,
    SprintResult,
    TeamStanding,
)
from predictions.ergast import standings
from predictions.ergast.names import Kind
from predictions.ergast.scope import Scope, best_laps
from predictions.ergast.shapes import STATUS, Shape, Shapes, key_of
from predictions.ergast.words import Words

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """Which rows: ``limit`` of them from ``offset`` on."""

    limit: int
    offset: int

    def of(self, rows: Any) -> list[Any]:
        return list(rows[self.offset : self.offset + self.limit])


@dataclass(frozen=True)
class Table:
    """A table by its name, the list in it, and how many rows there are in all."""

    name: str
    list_name: str
    rows: list[Shape]
    total: int
    #: What stands beside the list, behind season, round and filters.
    beside: Mapping[str, str]


Answer = Callable[[Scope, Page], Table]


def _shapes(
    scope: Scope,
    races: Iterable[Race] = (),
    rows: Iterable[Any] = (),
    kind: str = "",
    **more: Iterable[Any],
) -> Shapes:
    """With the words of all that an answer shows; ``more`` by kind."""
    races, rows = list(races), list(rows)
    shown: dict[str, set[str]] = {
        "race": {key_of(race) for race in races},
        Kind.CIRCUIT: {race.circuit.slug for race in races},
        Kind.DRIVER: {row.driver.slug for row in rows},
        Kind.TEAM: {row.team.slug for row in rows},
    }
    if kind:
        shown[kind] = shown["race"]
    for name, each in more.items():
        shown[name] = {one.slug for one in each}
    return Shapes(scope.names, Words({k: v for k, v in shown.items() if v}))


# --- seasons, races, and who took part ---------------------------------------------
def seasons(scope: Scope, page: Page) -> Table:
    found = scope.seasons()
    rows = [{"season": str(season.year)} for season in page.of(found)]
    return Table("SeasonTable", "Seasons", rows, found.count(), scope.named)


def races(scope: Scope, page: Page) -> Table:
    found = scope.races()
    chosen = found.select_related("circuit").prefetch_related("sessions")
    shown = page.of(chosen)
    shapes = _shapes(scope, shown)
    rows = [shapes.scheduled(race) for race in shown]
    return Table("RaceTable", "Races", rows, found.count(), scope.named)


def circuits(scope: Scope, page: Page) -> Table:
    found = _by_id(scope, Kind.CIRCUIT, scope.circuits())
    shown = page.of(found)
    shapes = _shapes(scope, circuit=shown)
    rows = [shapes.circuit(each) for each in shown]
    return Table("CircuitTable", "Circuits", rows, len(found), scope.named)


def constructors(scope: Scope, page: Page) -> Table:
    found = _by_id(scope, Kind.TEAM, scope.teams())
    shown = page.of(found)
    shapes = _shapes(scope, team=shown)
    rows = [shapes.team(each, scope.season) for each in shown]
    return Table("ConstructorTable", "Constructors", rows, len(found), scope.named)


def drivers(scope: Scope, page: Page) -> Table:
    """By family name, capitals before small letters, as the source sorts them."""
    found = sorted(
        scope.drivers(), key=lambda one: (one.last_name, one.first_name, one.slug)
    )
    shown = page.of(found)
    shapes = _shapes(scope, driver=shown)
    rows = [shapes.driver(each) for each in shown]
    return Table("DriverTable", "Drivers", rows, len(found), scope.named)


def _by_id(scope: Scope, kind: str, found: Iterable[Any]) -> list[Any]:
    """One of each id, in their order: a team that took a name again is one to the
    source and two to the record. The one that bears it by its own slug goes first.
    """
    when = [scope.season] if scope.season else []
    by_id: dict[str, Any] = {}
    for one in sorted(found, key=lambda one: one.slug):
        id_ = scope.names.id_of(kind, one.slug, *when)
        if id_ not in by_id or one.slug.replace("-", "_") == id_:
            by_id[id_] = one
    return [by_id[id_] for id_ in sorted(by_id)]


# --- rows of sessions ----------------------------------------------------------------
def results(scope: Scope, page: Page) -> Table:
    return _rows(scope, page, scope.results(), "Results", "results", Shapes.result)


def sprint(scope: Scope, page: Page) -> Table:
    found = SprintResult.objects.filter(scope.of_rows(), scope.of_places())
    if scope.asked.lookup:
        found = found.filter(position=int(scope.asked.lookup))
    return _rows(scope, page, found, "SprintResults", "sprint", Shapes.sprint)


def qualifying(scope: Scope, page: Page) -> Table:
    found = scope.qualifying()
    if scope.asked.lookup:
        found = found.filter(position=int(scope.asked.lookup))
    return _rows(
        scope, page, found, "QualifyingResults", "qualifying", Shapes.qualifying
    )


def _rows(
    scope: Scope,
    page: Page,
    found: QuerySet[Any],
    name: str,
    kind: str,
    shape: Callable[[Shapes, Any], Shape],
) -> Table:
    """A page of rows, those of a race together: a page may cut through a race."""
    ordered = found.order_by("race__season_id", "race__round", "display_order")
    chosen = ordered.select_related("race__circuit", "driver", "team")
    shown = page.of(chosen)
    shapes = _shapes(scope, [row.race for row in shown], shown, kind)
    if kind == "results":
        shapes.best_laps = best_laps({row.race_id for row in shown})
    groups = [
        shapes.race(race) | {name: [shape(shapes, row) for row in rows]}
        for race, rows in groupby(shown, lambda row: row.race)
    ]
    return Table("RaceTable", "Races", groups, found.count(), scope.named)


def status(scope: Scope, page: Page) -> Table:
    """How results ended, the most frequent first."""
    counted = scope.results().order_by().values("status", "reason")
    by_text: dict[str, int] = {}
    for row in counted.annotate(n=Count("pk")):
        text = row["reason"] or STATUS[ResultStatus(row["status"])]
        by_text[text] = by_text.get(text, 0) + row["n"]
    ordered = sorted(by_text.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [{"count": str(n), "status": text} for text, n in page.of(ordered)]
    return Table("StatusTable", "Status", rows, len(ordered), scope.named)


# --- championships -------------------------------------------------------------------
def driver_standings(scope: Scope, page: Page) -> Table:
    found = standings.table(scope, DriverStanding)
    drivers = [row.driver for row in found.rows]
    shapes = _shapes(scope, driver=drivers, team=found.teams)
    return _standings(scope, page, found, "DriverStandings", shapes)


def constructor_standings(scope: Scope, page: Page) -> Table:
    found = standings.table(scope, TeamStanding)
    shapes = _shapes(scope, team=found.teams)
    return _standings(scope, page, found, "ConstructorStandings", shapes)


def _standings(
    scope: Scope, page: Page, found: standings.Table, name: str, shapes: Shapes
) -> Table:
    season = scope.season or 0
    rows = [found.shape(row, shapes, season) for row in page.of(found.rows)]
    beside, around = scope.named, {"season": str(season)}
    if found.race is not None:
        beside["round"] = around["round"] = str(found.race.round)
    lists = [{**around, name: rows}] if rows else []
    return Table("StandingsTable", "StandingsLists", lists, len(found.rows), beside)


ANSWERS: Final[Mapping[str, Answer]] = {
    "seasons": seasons,
    "races": races,
    "circuits": circuits,
    "constructors": constructors,
    "drivers": drivers,
    "results": results,
    "sprint": sprint,
    "qualifying": qualifying,
    "status": status,
    "driverstandings": driver_standings,
    "constructorstandings": constructor_standings,
}
