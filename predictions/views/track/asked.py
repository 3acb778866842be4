"""What the address of the track record asks for: all of its state, nothing else."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from ingestion.models import Circuit, SessionKind, WeatherData
from predictions.models import Stage

SEALED, REPLAYED = "sealed", "replayed"
ORIGINS = (SEALED, REPLAYED)
#: What is given chances, and how the page calls it.
EVENTS = {"podium": "Podium", "win": "Win", "points": "Points"}
KINDS = {SessionKind.RACE.value: "Races", SessionKind.SPRINT.value: "Sprints"}
CIRCUITS = {str(kind.value): str(kind.label).lower() for kind in Circuit.Kind}
#: In the address an unknown state of the track has a name.
UNKNOWN = "unknown"
WEATHERS = {
    str(state.value) or UNKNOWN: str(state.label).lower()
    for state in WeatherData.Condition
}

#: Parameters of the address.
READS = (
    "origin",
    "kind",
    "stage",
    "model",
    "from",
    "to",
    "circuit",
    "weather",
    "event",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which forecasts of which races; "" and 0 stand for any, or for the default.

    Attributes
    ----------
    origin : sealed before the start, or replayed by a backtest
    kind : race or sprint
    stage : "" for the most informed one
    model : "" for the one that spoke, or would speak
    start, end : seasons
    circuit, weather : type of circuit, observed state of the track
    event : what the reliability plot is of
    """

    origin: str = ""
    kind: str = SessionKind.RACE.value
    stage: str = ""
    model: str = ""
    start: int = 0
    end: int = 0
    circuit: str = ""
    weather: str = ""
    event: str = "podium"

    def url(self, name: str = "track-record", *args: str, **changes: Any) -> str:
        """Address of the same with some changes."""
        now = replace(self, **changes)
        keys: dict[str, str | int] = {
            "origin": now.origin,
            "kind": "" if now.kind == SessionKind.RACE else now.kind,
            "stage": now.stage,
            "model": now.model,
            "from": now.start,
            "to": now.end,
            "circuit": now.circuit,
            "weather": now.weather,
            "event": "" if now.event == "podium" else now.event,
        }
        query = urlencode({key: value for key, value in keys.items() if value})
        return f"{reverse(name, args=args)}{'?' if query else ''}{query}"


def asked_for(query: QueryDict) -> Asked:
    """Read an address; what makes no sense falls back to all."""
    start, end = _year(query.get("from", "")), _year(query.get("to", ""))
    if start and end and start > end:
        start, end = end, start
    return Asked(
        origin=_one_of(query, "origin", ORIGINS),
        kind=_one_of(query, "kind", KINDS) or SessionKind.RACE.value,
        stage=_one_of(query, "stage", Stage.values),
        model=query.get("model", "")[:30],
        start=start,
        end=end,
        circuit=_one_of(query, "circuit", CIRCUITS),
        weather=_one_of(query, "weather", WEATHERS),
        event=_one_of(query, "event", EVENTS) or "podium",
    )


def _one_of(query: QueryDict, name: str, known: Collection[str]) -> str:
    asked = query.get(name, "")
    return asked if asked in known else ""


def _year(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
