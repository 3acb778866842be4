"""What a source would take away: a few rows are an amendment, more is damage."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Count

from ingestion.errors import SourceFormatError
from ingestion.records import Facts, RaceRef
from ingestion.services.merge import Sheet, Table
from ingestion.services.tables import CLASSIFIED, RESULTS, SESSIONS

#: A race may lose as many rows of one sheet, unless these are all.
MOST_OF_A_RACE = 5
#: All races together may lose as many of one sheet, or one row in a hundred.
MOST_OF_ALL, SHARE_OF_ALL = 20, 100
MOST_NAMED = 3
WITH = " with "

#: Race → rows.
Counts = Mapping[int, int]


@dataclass(frozen=True)
class Watched:
    """Rows that vanish together: those of a table, by kind; or one of its columns."""

    table: Table
    column: str = ""

    def stored(self, races: Collection[int]) -> dict[str, Counter[int]]:
        rows = self.table.model._default_manager.filter(race__in=races)
        if self.column:
            rows = rows.exclude(**{self.column: None})
        kind = ["kind"] if self.table.by_kind else []
        counted = rows.order_by().values_list("race_id", *kind).annotate(n=Count("pk"))
        sheets: dict[str, Counter[int]] = {}
        for race, *found, n in counted:
            sheets.setdefault(self._label(*found), Counter())[race] = n
        return sheets

    def said(self, facts: Facts, keys: dict[RaceRef, int]) -> dict[str, Counter[int]]:
        sheets: dict[str, Counter[int]] = {}
        for row in getattr(facts, self.table.name):
            if not self.column or getattr(row, self.column) is not None:
                label = self._label(row.kind) if self.table.by_kind else self._label()
                # A race that nobody knows is the business of the merge.
                sheets.setdefault(label, Counter())[keys.get(row.race, 0)] += 1
        return sheets

    def _label(self, kind: str = "") -> str:
        names = (self.table.name, kind, self.column and f"with {self.column}")
        return " ".join(name for name in names if name).replace("_", " ")


WATCHED = (
    Watched(SESSIONS),
    *(Watched(table) for table in CLASSIFIED),
    Watched(RESULTS, column="best_lap_ms"),
)


def check_losses(
    facts: Facts,
    keys: dict[RaceRef, int],
    races: Collection[int],
    *,
    spoken_only: bool = False,
    spared: Collection[Sheet] = (),
) -> None:
    """Refuse a source that lacks more of these races than an amendment takes away.

    Rows are counted, not compared: a driver renamed in all his races is no loss.
    With ``spoken_only`` a sheet that the source has nothing of is none either, nor are
    those that are ``spared``.
    """
    problems: list[str] = []
    # Former names come last among the keys, and give way here.
    refs = reversed(keys.items())
    names = {key: f"{season} {name}" for (season, name), key in refs}
    left = {(race, sheet.replace("_", " ")) for race, sheet in spared}
    for watched in WATCHED if races else ():
        said = watched.said(facts, keys)
        for label, stored in watched.stored(races).items():
            heard = said.get(label, Counter())
            stored = Counter(
                {
                    race: n
                    for race, n in stored.items()
                    if (race in heard or not spoken_only)
                    and (race, label.partition(WITH)[0]) not in left
                }
            )
            if not stored:
                continue
            problems += _problems(label, stored, said.get(label, {}), names)
    if problems:
        raise SourceFormatError(
            "Rows of the record are missing in the source; --allow-removals accepts"
            " that knowingly",
            problems,
        )


def _problems(
    label: str, stored: Counter[int], said: Counts, names: Mapping[int, str]
) -> Iterator[str]:
    lost = stored - Counter(said)
    if not said:
        yield f"{label}: none in the source, {stored.total():,} in the record"
    elif worst := [race for race in sorted(lost) if _is_torn(stored, lost, race)]:
        yield _sentence(label, stored, lost, worst, names)
    elif lost.total() > max(MOST_OF_ALL, stored.total() // SHARE_OF_ALL):
        yield _sentence(label, stored, lost, sorted(lost), names)


def _is_torn(stored: Counts, lost: Counts, race: int) -> bool:
    return lost[race] == stored[race] or lost[race] > MOST_OF_A_RACE


def _sentence(
    label: str,
    stored: Counter[int],
    lost: Counter[int],
    races: list[int],
    names: Mapping[int, str],
) -> str:
    shown = [
        f"{names[race]} ({lost[race]} of {stored[race]})" for race in races[:MOST_NAMED]
    ]
    more = len(races) - len(shown)
    return (
        f"{label}: {lost.total():,} of {stored.total():,} rows are missing, of "
        + ", ".join(shown)
        + (f" and {more:,} more races" if more else "")
    )
