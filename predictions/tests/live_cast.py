"""What the live source says of a race of the made-up championship, once it knows."""

import json
from dataclasses import dataclass, field
from typing import Any

from ingestion.models import Race
from predictions.tests.forecast_cast import (
    DRIVERS,
    POINTS,
    Weekend,
    team_of,
)

Row = dict[str, Any]
TABLES = {"qualifying": "QualifyingResults", "results": "Results"}


@dataclass
class LiveCast:
    """Answers for one race; ``told`` are the kinds that the source has by now."""

    race: Race
    happened: Weekend
    told: set[str] = field(default_factory=set)
    #: Taken out of the result by the stewards.
    disqualified: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """What is read of the race, here: the server's thread sees no open test."""
        self.round, self.around = str(self.race.round), self._around()

    def answer(self, path: str, query: dict[str, str]) -> bytes:
        what = path.removesuffix(".json").split("/")[-1]
        round = path.split("/")[1]
        is_known = what in self.told and round == self.round
        if what.endswith("standings"):
            return _page("StandingsTable", "StandingsLists", [])
        rows = getattr(self, f"_{what}")() if is_known else []
        races = [self.around | {TABLES[what]: rows}] if rows else []
        return _page("RaceTable", "Races", races, n_rows=len(rows))

    def _around(self) -> Row:
        race = self.race
        where = {"lat": "1.0", "long": "2.0", "locality": "X", "country": "Y"}
        return {
            "season": str(race.season_id),
            "round": str(race.round),
            "raceName": race.name,
            "Circuit": {
                "circuitId": race.circuit.slug,
                "circuitName": race.circuit.name,
                "Location": where,
            },
            "date": race.starts_on.isoformat(),
            "time": f"{race.starts_at:%H:%M:%S}Z",
        }

    def _qualifying(self) -> list[Row]:
        laps = self.happened.qualifying_ms
        order = sorted(range(len(DRIVERS)), key=lambda n: self.happened.grid[n])
        return [
            _seat(n, place) | {"Q1": _lap(laps[n])}
            for place, n in enumerate(order, start=1)
        ]

    def _results(self) -> list[Row]:
        order = sorted(range(len(DRIVERS)), key=self._in_result)
        rows, counted = [], 0
        for place, n in enumerate(order, start=1):
            text, status = self._fate(n)
            counted += text == ""
            points = POINTS[counted - 1] if text == "" else 0
            rows.append(
                _seat(n, place)
                | {
                    "positionText": text or str(counted),
                    "points": str(points),
                    "grid": str(self.happened.grid[n]),
                    "laps": "50",
                    "status": status,
                }
            )
        return rows

    def _in_result(self, n: int) -> tuple[bool, bool, int]:
        out = DRIVERS[n] in self.disqualified
        return out, self.happened.is_retired[n], self.happened.place[n]

    def _fate(self, n: int) -> tuple[str, str]:
        if DRIVERS[n] in self.disqualified:
            return "D", "Disqualified"
        return ("R", "Engine") if self.happened.is_retired[n] else ("", "Finished")


def _seat(n: int, place: int) -> Row:
    _, _, last = DRIVERS[n].partition("-")
    team = team_of(n)
    return {
        "number": str(n + 1),
        "position": str(place),
        "Driver": {
            "driverId": DRIVERS[n],
            "givenName": "Driver",
            "familyName": last.upper(),
            "nationality": "",
        },
        "Constructor": {"constructorId": team, "name": team, "nationality": ""},
    }


def _lap(ms: int) -> str:
    return f"{ms // 60_000}:{ms % 60_000 // 1000:02d}.{ms % 1000:03d}"


def _page(table: str, outer: str, groups: list[Row], n_rows: int = 0) -> bytes:
    answer: Row = {"limit": "100", "offset": "0", "total": str(n_rows)}
    answer[table] = {"season": "2025", outer: groups}
    return json.dumps({"MRData": answer}).encode()
