"""A small season in the shapes of the live source, typed in by hand.

Three races held, the last of them with a sprint, and one ahead; six drivers. Pages
are short, so that they cut through races. ``till`` says how many races were held.
"""

import json
from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]

SEASON = 2023

DRIVERS = {
    "max_verstappen": "Max Verstappen|VER|33|1997-09-30|Dutch|1|red_bull",
    "perez": "Sergio Pérez|PER|11|1990-01-26|Mexican|11|red_bull",
    "alonso": "Fernando Alonso|ALO|14|1981-07-29|Spanish|14|aston_martin",
    "sainz": "Carlos Sainz|SAI|55|1994-09-01|Spanish|55|ferrari",
    "leclerc": "Charles Leclerc|LEC|16|1997-10-16|Monegasque|16|ferrari",
    "hulkenberg": "Nico Hülkenberg|HUL|27|1987-08-19|German|27|haas",
}
TEAMS = {
    "red_bull": "Red Bull|Austrian",
    "aston_martin": "Aston Martin|British",
    "ferrari": "Ferrari|Italian",
    "haas": "Haas F1 Team|American",
}
CIRCUITS = {
    "bahrain": "Bahrain International Circuit|Sakhir|Bahrain|26.0325|50.5106",
    "jeddah": "Jeddah Corniche Circuit|Jeddah|Saudi Arabia|21.6319|39.1044",
    "albert_park": "Albert Park|Melbourne|Australia|-37.8497|144.968",
    "baku": "Baku City Circuit|Baku|Azerbaijan|40.3725|49.8533",
}
#: Round → name, circuit, day and time of the race, and of qualifying.
CALENDAR = {
    1: "Bahrain Grand Prix|bahrain|2023-03-05|15:00:00Z|2023-03-04|15:00:00Z",
    2: "Saudi Arabian Grand Prix|jeddah|2023-03-19|17:00:00Z|2023-03-18|17:00:00Z",
    3: "Azerbaijan Grand Prix|baku|2023-04-30|11:00:00Z|2023-04-28|13:00:00Z",
    4: "Australian Grand Prix|albert_park|2023-05-14|05:00:00Z|2023-05-13|05:00:00Z",
}
SPRINTS = {3: "2023-04-29|13:30:00Z"}

#: Driver, positionText, points, grid, laps, status, millis, time; rank of his lap.
RESULTS = {
    1: """
max_verstappen 1 25 1 57 Finished 5636736 1:33:56.736 2
perez 2 18 2 57 Finished 5648723 +11.987 3
alonso 3 15 5 57 Finished 5675373 +38.637 1
sainz 4 12 4 57 Finished 5684788 +48.052 4
hulkenberg 5 10 6 56 Lapped 5637872 +1.136 5
leclerc R 0 3 39 Retired - - 6
""",
    2: """
perez 1 25 1 50 Finished 4874894 1:21:14.894 2
max_verstappen 2 19 6 50 Finished 4880249 +5.355 1
alonso 3 15 2 50 Finished 4895622 +20.728 3
sainz 4 12 4 48 Finished 4800000 - 4
hulkenberg 5 10 0 49 +1_Lap - - 5
leclerc W 0 0 0 Did_not_start - - -
""",
    3: """
perez 1 25 3 51 Finished 5556436 1:32:36.436 2
max_verstappen 2 18 2 51 Finished 5558573 +2.137 1
leclerc 3 15 1 51 Finished 5577653 +21.217 3
alonso 4 12 6 51 Finished 5578460 +22.024 4
sainz 5 10 4 51 Finished 5601927 +45.491 5
hulkenberg R 0 5 12 Engine - - 6
""",
}
SPRINT = """
perez 1 8 2 17 Finished 1997667 33:17.667 1
leclerc 2 7 1 17 Finished 2002130 +4.463 2
max_verstappen 3 6 3 17 Finished 2002732 +5.065 3
sainz 4 5 5 17 Finished 2009001 +11.334 4
alonso 5 4 8 17 Finished 2010000 +12.333 5
hulkenberg 6 3 0 17 Finished 2020000 +22.333 6
"""
#: Best laps of the three parts, in the order of qualifying.
QUALIFYING = {
    1: """
max_verstappen 1:31.295 1:30.503 1:29.708
perez 1:31.479 1:30.746 1:29.846
leclerc 1:31.094 1:30.282 1:30.000
sainz 1:30.993 1:30.515 1:30.154
alonso 1:31.158 1:30.645 1:30.336
hulkenberg 1:31.204 1:30.809
""",
    2: """
perez 1:28.947 1:28.635 1:28.265
alonso 1:29.467 1:28.757 1:28.730
leclerc 1:29.376 1:28.903 1:28.420
sainz 1:29.411 1:29.079 1:28.931
hulkenberg 1:29.547 1:29.451
max_verstappen
""",
    3: """
leclerc 1:41.269 1:41.037 1:40.203
max_verstappen 1:41.398 1:40.822 1:40.391
perez 1:41.756 1:41.131 1:40.495
sainz 1:42.197 1:41.369 1:41.016
hulkenberg 1:42.755 1:42.395
alonso 1:42.916
""",
}
NO_TIME = "-"
POINTS = ("driverstandings", "constructorstandings")


def driver(name: str) -> Row:
    full, code, number, born, nation, _, _ = DRIVERS[name].split("|")
    given, family = full.split(" ", 1)
    return {
        "driverId": name,
        "permanentNumber": number,
        "code": code,
        "url": f"http://example.org/{name}",
        "givenName": given,
        "familyName": family,
        "dateOfBirth": born,
        "nationality": nation,
    }


def team(name: str) -> Row:
    full, nation = TEAMS[name].split("|")
    return {
        "constructorId": name,
        "url": f"http://example.org/{name}",
        "name": full,
        "nationality": nation,
    }


def seat(name: str, position: int) -> Row:
    *_, number, constructor = DRIVERS[name].split("|")
    return {
        "number": number,
        "position": str(position),
        "Driver": driver(name),
        "Constructor": team(constructor),
    }


def race(round: int) -> Row:
    name, circuit, day, time, *_ = CALENDAR[round].split("|")
    full, place, country, lat, long = CIRCUITS[circuit].split("|")
    return {
        "season": str(SEASON),
        "round": str(round),
        "url": f"https://example.org/{SEASON}_{circuit}",
        "raceName": name,
        "Circuit": {
            "circuitId": circuit,
            "url": f"https://example.org/{circuit}",
            "circuitName": full,
            "Location": {
                "lat": lat,
                "long": long,
                "locality": place,
                "country": country,
            },
        },
        "date": day,
        "time": time,
    }


def calendar_race(round: int) -> Row:
    *_, day, time = CALENDAR[round].split("|")
    row = race(round) | {"Qualifying": {"date": day, "time": time}}
    if round in SPRINTS:
        on, at = SPRINTS[round].split("|")
        row["Sprint"] = {"date": on, "time": at}
        row["SprintShootout"] = {"date": on, "time": "08:30:00Z"}
    return row


def finishes(table: str) -> list[Row]:
    rows = []
    for place, line in enumerate(table.strip().splitlines(), start=1):
        name, text, points, grid, laps, status, millis, time, rank = line.split()
        row = seat(name, place) | {
            "positionText": text,
            "points": points,
            "grid": grid,
            "laps": laps,
            "status": status.replace("_", " "),
        }
        if millis != NO_TIME:
            row["Time"] = {"millis": millis, "time": time.replace(NO_TIME, "")}
        if rank != NO_TIME:
            row["FastestLap"] = {
                "rank": rank,
                "lap": "30",
                "Time": {"time": f"1:3{rank}.500"},
                "AverageSpeed": {"units": "kph", "speed": f"20{rank}.452"},
            }
        rows.append(row)
    return rows


def qualified(table: str) -> list[Row]:
    rows = []
    for place, line in enumerate(table.strip().splitlines(), start=1):
        name, *laps = line.split()
        parts = {f"Q{n}": lap for n, lap in enumerate(laps, start=1)}
        rows.append(seat(name, place) | ({"Q1": ""} | parts))
    return rows


class LiveSeason:
    """The answers of the source; every row may be changed before it is asked."""

    def __init__(self, till: int = 3, limit: int = 7) -> None:
        self.limit = limit
        held = range(1, till + 1)
        self.calendar = [calendar_race(round) for round in CALENDAR]
        self.results = {round: finishes(RESULTS[round]) for round in held}
        self.qualifying = {round: qualified(QUALIFYING[round]) for round in held}
        self.sprint = {3: finishes(SPRINT)} if till >= 3 else {}
        self.hide: set[str] = set()

    def answer(self, path: str, query: dict[str, str]) -> bytes | None:
        """A page, or None for what there is not."""
        word = path.removesuffix(".json").split("/")
        if word[0] != str(SEASON):
            table = "StandingsTable" if word[-1] in POINTS else "RaceTable"
            outer = table.replace("Table", "Lists") if word[-1] in POINTS else "Races"
            return page(table, [], outer, "", query, self.limit)
        round = int(word[1]) if len(word) > 1 and word[1].isdigit() else None
        what = word[-1] if not word[-1].isdigit() else "calendar"
        if what in POINTS:
            return self._standings(what, round, query)
        if what not in ("calendar", "results", "qualifying", "sprint"):
            return None
        most = self.most(what)
        return page("RaceTable", *self._rows(what, round), query, most, round)

    def most(self, what: str) -> int:
        """The rows of a page; few, so that nobody gets by with one."""
        return {"calendar": 3, **dict.fromkeys(POINTS, 4)}.get(what, self.limit)

    def _rows(self, what: str, round: int | None) -> tuple[list[Row], str, str]:
        if what == "calendar":
            return [] if what in self.hide else self.calendar, "Races", ""
        name = {
            "results": "Results",
            "qualifying": "QualifyingResults",
            "sprint": "SprintResults",
        }[what]
        table: dict[int, list[Row]] = getattr(self, what)
        rows = [
            race(each) | {name: [row]}
            for each, group in table.items()
            if round in (None, each) and what not in self.hide
            for row in group
        ]
        return rows, "Races", name

    def _standings(self, what: str, round: int | None, query: dict[str, str]) -> bytes:
        of_teams = what == "constructorstandings"
        name = "ConstructorStandings" if of_teams else "DriverStandings"
        last = round or max(self.results, default=0)
        around = {"season": str(SEASON), "round": str(last)}
        rows = [] if what in self.hide else list(self._ranked(last, of_teams))
        return page(
            "StandingsTable",
            [around | {name: [row]} for row in rows],
            "StandingsLists",
            name,
            query,
            self.most(what),
            last,
        )

    def _ranked(self, last: int, of_teams: bool) -> Iterator[Row]:
        """Points and wins summed; 2023 had no results that did not count."""
        who, key = (
            ("Constructor", "constructorId") if of_teams else ("Driver", "driverId")
        )
        scored: dict[str, int] = {}
        won: dict[str, int] = {}
        known: dict[str, Row] = {}
        rows = [row for n in self.results if n <= last for row in self.results[n]]
        for row in [*rows, *self.sprint.get(last, [])]:
            name = row[who][key]
            known.setdefault(name, row)
            scored[name] = scored.get(name, 0) + int(row["points"])
        for winners in (rows for n, rows in self.results.items() if n <= last and rows):
            winner = winners[0][who][key]
            won[winner] = won.get(winner, 0) + 1
        ranked = sorted(scored.items(), key=lambda pair: -pair[1])
        for place, (name, points) in enumerate(ranked, start=1):
            rank: Row = {"positionText": str(place), "points": str(points)}
            rank["wins"] = str(won.get(name, 0))
            if points:
                rank["position"] = str(place)
            else:
                rank["positionText"] = "-"
            rank[who] = known[name][who]
            if not of_teams:
                rank["Constructors"] = [known[name]["Constructor"]]
            yield rank


def page(
    table: str,
    rows: list[Row],
    outer: str,
    inner: str,
    query: dict[str, str],
    most: int,
    round: int | None = None,
) -> bytes:
    """Cut the rows, and put those of one race together again."""
    offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 30)), most)
    groups: list[Row] = []
    for row in rows[offset : offset + limit]:
        if inner and groups and groups[-1]["round"] == row["round"]:
            groups[-1][inner] += row[inner]
        else:
            groups.append(row | ({inner: list(row[inner])} if inner else {}))
    answer = {
        "xmlns": "",
        "series": "f1",
        "url": "https://example.org",
        "limit": str(limit),
        "offset": str(offset),
        "total": str(len(rows)),
        table: {"season": str(SEASON)}
        | ({"round": str(round)} if round else {})
        | {outer: groups},
    }
    return json.dumps({"MRData": answer}, ensure_ascii=False).encode()
