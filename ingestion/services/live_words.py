"""Keeping what the live source says and the record has no field for.

Its links, the lap and the speed of best laps, the time of a lapped car, which misleads,
and its own texts. The record does not read them back; see :class:`LiveWords`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db.models import Q

from ingestion.models import LiveWords
from ingestion.records import (
    QualifyingResultRecord,
    RaceResultRecord,
    SprintResultRecord,
)
from ingestion.services.live_reading import Reading
from ingestion.sources.pages import Node, Page, rows

Words = dict[str, Any]
Kind = LiveWords.Kind

#: Query → the list of its rows, and what is said of them here.
LISTS: Final = {
    "results": ("Results", Kind.RESULTS),
    "sprint": ("SprintResults", Kind.SPRINT),
    "qualifying": ("QualifyingResults", Kind.QUALIFYING),
}
STANDINGS: Final = {"drivers": "DriverStandings", "teams": "ConstructorStandings"}
WHO: Final = {
    "Driver": (Kind.DRIVER, "driverId"),
    "Constructor": (Kind.TEAM, "constructorId"),
    "Circuit": (Kind.CIRCUIT, "circuitId"),
}
MOST_TEXT: Final = 300


def note(pages: Mapping[str, list[Page]], reading: Reading) -> None:
    """Keep the words of one import; those that are kept already are not touched."""
    said: dict[tuple[str, str], Words] = {}
    for key, words in _said(pages, reading):
        said.setdefault(key, {}).update(words)
    kinds = {kind for kind, _ in said}
    keys = {key for _, key in said}
    kept = LiveWords.objects.filter(Q(kind__in=kinds, key__in=keys))
    known = {(row.kind, row.key): row.words for row in kept}
    LiveWords.objects.bulk_create(
        [
            LiveWords(kind=kind, key=key, words=words)
            for (kind, key), words in said.items()
            if known.get((kind, key)) != words
        ],
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["words"],
    )


def row_key(driver: str, car_number: str) -> str:
    """What tells the rows of a race apart: nobody stands twice in the same car."""
    return f"{driver} {car_number}".strip()


def _said(
    pages: Mapping[str, list[Page]], reading: Reading
) -> Iterator[tuple[tuple[str, str], Words]]:
    for race, _ in rows(pages.get("calendar", []), "Races", ""):
        yield from _around(race, reading)
    records: dict[str, list[Any]] = {
        "results": reading.facts.results,
        "sprint": reading.facts.sprint_results,
        "qualifying": reading.facts.qualifying_results,
    }
    for name, (inner, kind) in LISTS.items():
        if name not in pages:
            continue
        pairs = rows(pages[name], "Races", inner)
        for (race, row), record in zip(pairs, records[name], strict=True):
            yield from _around(race, reading)
            yield from _who(row, reading)
            words = {row_key(record.driver, record.car_number): _of_row(row, record)}
            yield (kind, _race_key(race, reading)), words
    for name, inner in STANDINGS.items():
        for _, row in rows(pages.get(name, []), "StandingsLists", inner):
            yield from _who(row, reading)


def _race_key(race: Node, reading: Reading) -> str:
    season, grand_prix = reading.refs[int(race.data["round"])]
    return f"{season}/{grand_prix}"


def _around(race: Node, reading: Reading) -> Iterator[tuple[tuple[str, str], Words]]:
    yield (Kind.RACE, _race_key(race, reading)), _words(race.data, "url")
    yield from _who(race, reading)


def _who(node: Node, reading: Reading) -> Iterator[tuple[tuple[str, str], Words]]:
    """Links and nationalities of who and what stands in a row."""
    names = reading.names
    for name, (kind, id_) in WHO.items():
        said = node.data.get(name)
        slug = names.found.get((kind, said[id_])) if isinstance(said, dict) else None
        if not said or not slug:
            continue
        words = _words(said, "url")
        record = names.known[kind][slug]
        if kind == Kind.DRIVER:
            words |= _words(said, "nationality", read=[record.nationality])
        elif kind == Kind.TEAM:
            words |= _words(said, "nationality", read=[record.country])
        yield (kind, slug), words


def _of_row(
    row: Node,
    record: RaceResultRecord | SprintResultRecord | QualifyingResultRecord,
) -> Words:
    """The texts of a row, each with the figures of the record that it became."""
    said = row.data
    if isinstance(record, QualifyingResultRecord):
        laps = [record.time_ms, record.q1_ms, record.q2_ms, record.q3_ms]
        return _words(said, "Q1", "Q2", "Q3", read=laps)
    best_ms = getattr(record, "best_lap_ms", None)
    place = [record.status, record.position, record.display_order]
    return {
        **_words(said, "positionText", read=place),
        **_words(said, "status", read=[record.status, record.reason]),
        **_words(said, "Time", read=[record.status, record.laps, record.time_ms]),
        **_words(said, "FastestLap", read=[record.laps, best_ms]),
    }


def _words(
    said: Mapping[str, Any], *names: str, read: list[Any] | None = None
) -> Words:
    """What is said under the names, nothing where it is silent, so that it is known
    to have been silent.
    """
    return {
        name: {"said": _plain(said.get(name)), "read": read or []} for name in names
    }


def _plain(value: Any) -> Any:
    """Texts of sensible length, and objects of such; all else is as good as nothing."""
    if isinstance(value, str):
        return value if len(value) <= MOST_TEXT and "\0" not in value else None
    if isinstance(value, dict):
        plain = {str(name): _plain(each) for name, each in list(value.items())[:9]}
        return {name: each for name, each in plain.items() if each is not None}
    return None
