"""A championship after a round, as the record has it stored."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from ingestion.models import DriverStanding, Race, Team, TeamStanding
from ingestion.models.results import Standing
from ingestion.standings import SeasonUntil
from predictions.ergast.names import KINDS
from predictions.ergast.scope import Scope
from predictions.ergast.shapes import Shape, Shapes, number


@dataclass
class Table:
    """The rows of a table of standings that are asked for, and what goes with them."""

    race: Race | None
    rows: list[Any]
    season: SeasonUntil

    @property
    def teams(self) -> list[Team]:
        found: dict[int, Team] = {}
        for row in self.rows:
            if isinstance(row, TeamStanding):
                found[row.team_id] = row.team
            else:
                found |= self.season.teams.get(row.driver_id, {})
        return list(found.values())

    def shape(self, row: Any, shapes: Shapes, season: int) -> Shape:
        """Who has no place, for want of points or because excluded, has a dash."""
        is_team = isinstance(row, TeamStanding)
        key = ("team", row.team_id) if is_team else ("driver", row.driver_id)
        place = {"position": str(row.position)} if row.position else {}
        shape = {
            **place,
            "positionText": place.get("position", "-"),
            "points": number(row.points),
            "wins": str(self.season.wins[key]),
        }
        if is_team:
            return shape | {"Constructor": shapes.team(row.team, season)}
        teams = self.season.teams.get(row.driver_id, {}).values()
        return shape | {
            "Driver": shapes.driver(row.driver),
            "Constructors": [shapes.team(team, season) for team in teams],
        }


def table(scope: Scope, model: type[Standing]) -> Table:
    """After the round that is asked for, or the last one with standings. 3 queries."""
    stored: Any = model._default_manager.filter(race__season=scope.season)
    if scope.round is not None:
        stored = stored.filter(race__round=scope.round)
    newest = stored.order_by("-race__round").select_related("race").first()
    if newest is None:
        return Table(None, [], SeasonUntil())
    race: Race = newest.race
    who = "driver" if model is DriverStanding else "team"
    rows = stored.filter(_wanted(scope, who), race=race)
    rows = list(rows.select_related(who).order_by("display_order"))
    return Table(race, rows, SeasonUntil.of(race))


def _wanted(scope: Scope, who: str) -> Q:
    """A driver or constructor, or a place."""
    found = Q()
    name = "drivers" if who == "driver" else "constructors"
    if id_ := scope.asked.wanted(name):
        slugs = scope.names.slugs_of(KINDS[name], id_)
        season = scope.season or 0
        found &= Q(**{f"{who}__slug__in": [s for s, since in slugs if since <= season]})
    if scope.asked.lookup:
        found &= Q(position=int(scope.asked.lookup))
    return found
