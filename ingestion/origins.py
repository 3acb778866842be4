"""Where the figures of a race came from, sheet by sheet."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from ingestion.models import (
    CorrectedFigure,
    Provenance,
    Race,
    ResultVersion,
    Source,
)
from ingestion.services.tables import BY_NAME

#: Tables and sessions in the order of a weekend; practice comes first.
TABLES = (
    "races",
    "sessions",
    "entries",
    "practice_results",
    "qualifying_results",
    "grid_slots",
    "sprint_results",
    "results",
    "driver_standings",
    "team_standings",
    "weather",
)
KINDS = ("sprint_qualifying", "sprint", "qualifying", "race")
#: Sources of a version that no import is behind.
OTHER_SOURCES = {ResultVersion.EDITOR: "editor", "record": "the record before versions"}


def source_label(source: str) -> str:
    """Who says so, in words: "archive (F1DB)"."""
    known = dict(Source.choices) | OTHER_SOURCES
    return str(known.get(source, source))


@dataclass(frozen=True)
class SheetOrigin:
    """One kind of rows of a race: who says so, since when, how much is corrected.

    ``source`` and dates are empty of rows that an editor added and no source has.
    """

    sheet: str  # "results", "practice_results FP1"
    source: str
    n_rows: int
    changed_at: datetime | None
    confirmed_at: datetime | None
    n_corrections: int

    @property
    def table(self) -> str:
        return self.sheet.partition(" ")[0]

    @property
    def kind(self) -> str:
        """The session, where a table has rows of several."""
        return self.sheet.partition(" ")[2]


def of_race(race: Race) -> list[SheetOrigin]:
    """The sheets of a race in the order in which they come to be."""
    known = {row.sheet: row for row in Provenance.objects.filter(race=race)}
    corrected = _corrected(race)
    origins = [
        _origin(sheet, known.get(sheet), corrected[sheet])
        for sheet in {*known, *corrected}
    ]
    return sorted(origins, key=_place)


def _corrected(race: Race) -> Counter[str]:
    """Sheet: its figures that are an editor's."""
    figures = CorrectedFigure.objects.in_force().filter(race=race)
    counts: Counter[str] = Counter()
    for name, key in figures.values_list("sheet", "key"):
        table = BY_NAME.get(name)
        by_kind = table is not None and table.by_kind and "kind" in key
        counts[f"{name} {key['kind']}" if by_kind else name] += 1
    return counts


def _origin(sheet: str, row: Provenance | None, n_corrections: int) -> SheetOrigin:
    return SheetOrigin(
        sheet=sheet,
        source=row.source if row else "",
        n_rows=row.n_rows if row else 0,
        changed_at=row.changed_at if row else None,
        confirmed_at=row.confirmed_at if row else None,
        n_corrections=n_corrections,
    )


def _place(origin: SheetOrigin) -> tuple[int, int, str]:
    table = TABLES.index(origin.table) if origin.table in TABLES else len(TABLES)
    kind = KINDS.index(origin.kind) if origin.kind in KINDS else -1
    return table, kind, origin.sheet
