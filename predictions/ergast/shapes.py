"""The objects of an answer. All values are texts; what is unknown is left out."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ingestion.models import (
    Circuit,
    Driver,
    QualifyingResult,
    Race,
    RaceResult,
    ResultStatus,
    SessionKind,
    SprintResult,
    Team,
)
from ingestion.models.results import Finish
from ingestion.services.live_words import row_key
from predictions.charts.words import race_time
from predictions.ergast.names import Kind, Names
from predictions.ergast.nations import NATIONALITIES
from predictions.ergast.words import Words, said

Shape = dict[str, Any]

#: In the order of the answer; how the sprint's is called changed with the seasons.
SESSIONS: Final = {
    SessionKind.FP1: "FirstPractice",
    SessionKind.FP2: "SecondPractice",
    SessionKind.FP3: "ThirdPractice",
    SessionKind.QUALIFYING: "Qualifying",
    SessionKind.SPRINT: "Sprint",
    SessionKind.SPRINT_QUALIFYING: "SprintQualifying",
}
#: The source called laps behind "Lapped" from this season on, before "+1 Lap".
LAPPED_SINCE: Final = 2023
FIRST_KNOCKOUT: Final = 2006
STATUS: Final = {
    ResultStatus.FINISHED: "Finished",
    ResultStatus.LAPPED: "Lapped",
    ResultStatus.RETIRED: "Retired",
    ResultStatus.DISQUALIFIED: "Disqualified",
    ResultStatus.DID_NOT_START: "Did not start",
    ResultStatus.DID_NOT_QUALIFY: "Did not qualify",
    ResultStatus.NOT_CLASSIFIED: "Not classified",
}
UNPLACED: Final = {
    ResultStatus.DISQUALIFIED: "D",
    ResultStatus.DID_NOT_START: "W",
    ResultStatus.DID_NOT_QUALIFY: "F",
}


class Shapes:
    """Shapes of what one answer shows, with the names and words that it needs."""

    def __init__(self, names: Names, words: Words) -> None:
        self.names, self.words = names, words
        #: Race → best laps, the fastest first; only for results.
        self.best_laps: dict[int, list[int]] = {}

    # --- who and where --------------------------------------------------------------
    def circuit(self, circuit: Circuit) -> Shape:
        place = {"lat": circuit.latitude, "long": circuit.longitude}
        return {
            "circuitId": self.names.id_of(Kind.CIRCUIT, circuit.slug),
            **self.words.url(Kind.CIRCUIT, circuit.slug),
            "circuitName": circuit.full_name,
            "Location": {
                **{name: degrees(at) for name, at in place.items() if at is not None},
                "locality": circuit.place,
                "country": circuit.country,
            },
        }

    def driver(self, driver: Driver) -> Shape:
        words = self.words.of(Kind.DRIVER, driver.slug)
        ours = driver.nationality
        nation = said(words, "nationality", ours, [ours])
        born = driver.born_on.isoformat() if driver.born_on else ""
        return {
            "driverId": self.names.id_of(Kind.DRIVER, driver.slug),
            **known(permanentNumber=driver.permanent_number, code=driver.code),
            **self.words.url(Kind.DRIVER, driver.slug),
            "givenName": driver.first_name,
            "familyName": driver.last_name,
            **known(dateOfBirth=born, nationality=nation),
        }

    def team(self, team: Team, season: int | None = None) -> Shape:
        words = self.words.of(Kind.TEAM, team.slug)
        ours = NATIONALITIES.get(team.country)
        nation = said(words, "nationality", ours, [team.country])
        when = [season] if season else []
        return {
            "constructorId": self.names.id_of(Kind.TEAM, team.slug, *when),
            **self.words.url(Kind.TEAM, team.slug),
            "name": team.name,
            **known(nationality=nation),
        }

    # --- races ----------------------------------------------------------------------
    def race(self, race: Race) -> Shape:
        return {
            "season": str(race.season_id),
            "round": str(race.round),
            **self.words.url("race", key_of(race)),
            "raceName": race.name,
            "Circuit": self.circuit(race.circuit),
            "date": race.starts_on.isoformat(),
            **known(time=time_of_day(race.starts_at)),
        }

    def scheduled(self, race: Race) -> Shape:
        """A race with its sessions, as in a calendar."""
        held = {session.kind: session for session in race.sessions.all()}
        shape = self.race(race)
        for kind, name in SESSIONS.items():
            if session := held.get(kind):
                is_shootout = race.sprint_format == Race.SprintFormat.SHOOTOUT_2023
                if kind == SessionKind.SPRINT_QUALIFYING and is_shootout:
                    name = "SprintShootout"
                shape[name] = {
                    "date": session.starts_on.isoformat(),
                    **known(time=time_of_day(session.starts_at)),
                }
        return shape

    # --- rows of sessions ---------------------------------------------------------
    def result(self, row: RaceResult) -> Shape:
        ours: Shape | None = None
        if row.best_lap_ms is not None:
            rank = self.best_laps[row.race_id].index(row.best_lap_ms) + 1
            ours = {"rank": str(rank), "Time": {"time": race_time(row.best_lap_ms)}}
        return self._finish(row, "results", row.best_lap_ms, ours)

    def sprint(self, row: SprintResult) -> Shape:
        return self._finish(row, "sprint", None, None)

    def _finish(
        self, row: Finish, kind: str, best_ms: int | None, best: Shape | None
    ) -> Shape:
        race = row.race
        words = self.words.of_row(kind, key_of(race), _key(row))
        read_place = [row.status, row.position, row.display_order]
        time = _race_time(row) if row.status == ResultStatus.FINISHED else None
        time = said(words, "Time", time, [row.status, row.laps, row.time_ms])
        best = said(words, "FastestLap", best, [row.laps, best_ms])
        return {
            **known(number=row.car_number),
            "position": str(row.position or row.display_order),
            "positionText": said(words, "positionText", place_text(row), read_place),
            "points": number(row.points),
            "Driver": self.driver(row.driver),
            "Constructor": self.team(row.team, race.season_id),
            "grid": str(row.grid or 0),
            "laps": str(row.laps or 0),
            "status": said(words, "status", status(row), [row.status, row.reason]),
            **known(Time=time, FastestLap=best),
        }

    def qualifying(self, row: QualifyingResult) -> Shape:
        race = row.race
        words = self.words.of_row("qualifying", key_of(race), _key(row))
        read = [row.time_ms, row.q1_ms, row.q2_ms, row.q3_ms]
        parts = {
            name: said(words, name, ours, read) for name, ours in _parts(row).items()
        }
        return {
            **known(number=row.car_number),
            "position": str(row.position or row.display_order),
            "Driver": self.driver(row.driver),
            "Constructor": self.team(row.team, race.season_id),
            **{name: lap for name, lap in parts.items() if lap is not None},
        }


def key_of(race: Race) -> str:
    """A race as its words are kept under."""
    return f"{race.season_id}/{race.grand_prix}"


def _key(row: Finish | QualifyingResult) -> str:
    return row_key(row.driver.slug, row.car_number)


def known(**values: Any) -> Shape:
    """Those that are known."""
    return {name: value for name, value in values.items() if value}


def number(value: Decimal) -> str:
    """Without zeros behind the point: 25, 2.5, 144.968."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def degrees(value: Decimal) -> str:
    """Six digits, as the source has them."""
    return f"{float(value):.6g}"


def time_of_day(at: datetime | None) -> str:
    return f"{at:%H:%M:%S}Z" if at else ""


def place_text(row: Finish) -> str:
    if row.is_classified:
        return str(row.position)
    return UNPLACED.get(ResultStatus(row.status), "R")


def status(row: Finish) -> str:
    """How it ended, in the words of the source."""
    is_old = row.race.season_id < LAPPED_SINCE
    if row.status == ResultStatus.LAPPED and is_old and row.gap_laps:
        return f"+{row.gap_laps} Lap{'s' if row.gap_laps > 1 else ''}"
    return row.reason or STATUS[ResultStatus(row.status)]


def _race_time(row: Finish) -> Shape | None:
    """The winner's time, of others what they were behind; all by the clock."""
    if row.time_ms is None:
        return None
    text = race_time(row.time_ms)
    if row.position != 1:
        text = f"+{race_time(row.gap_ms)}" if row.gap_ms is not None else ""
    return {"millis": str(row.time_ms), "time": text}


def _parts(row: QualifyingResult) -> dict[str, str | None]:
    """Times of the parts; a part without a time is an empty text."""
    if row.race.season_id < FIRST_KNOCKOUT:
        return dict(_laps(row.best_time_ms, None, None))
    q2 = row.q2_ms or 0 if row.made_q2 else None
    q3 = row.q3_ms or 0 if row.made_q3 else None
    return dict(_laps(row.q1_ms or row.time_ms or 0, q2, q3))


def _laps(*parts: int | None) -> Iterator[tuple[str, str | None]]:
    for n, ms in enumerate(parts, start=1):
        text = None if ms is None else race_time(ms) if ms else ""
        yield f"Q{n}", text
