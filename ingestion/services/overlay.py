"""What editors corrected, laid over the facts of a source before they are written.

In passing the newest word of the source is noted underneath, so that an editor sees
where it has come to agree, and where it changed to something else.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import count, takewhile
from typing import Any

from django.db.models import Q

from f1site.base import clock
from ingestion.models import CorrectedFigure, Race, Source
from ingestion.records import Facts, RaceRef
from ingestion.services.aliases import Aliases
from ingestion.services.figures import (
    Key,
    Overlaid,
    decode,
    decode_row,
    encode,
    encode_row,
    identities,
    identity_of,
    in_record,
    judge,
    mark,
    numbered,
    overlaid,
    row_of,
)
from ingestion.services.merge import Table
from ingestion.services.precedence import DATES, ahead_of
from ingestion.services.promises import broken_promises
from ingestion.services.reading import read
from ingestion.services.tables import BY_NAME, RACES, SESSIONS, WORLD

State, Action = CorrectedFigure.State, CorrectedFigure.Action
#: Sources with a word of their own on circuits, drivers, teams and all of a race.
KNOW_THE_WORLD = {"", Source.ARCHIVE, Source.STARTER}
NOTED = ("key", "beneath", "state", "seen_at")

#: A race (or a season of races) and the kind of session; of the world nothing.
Sheet = tuple[Any, str]


def lay_over(facts: Facts, aliases: Aliases, source: str) -> tuple[Facts, list[str]]:
    """The facts with what editors say, and notes of what the source came to say."""
    in_force = CorrectedFigure.objects.in_force().order_by("sheet", "id")
    figures = list(in_force.select_related("race"))
    if not figures:
        return facts, []
    echoes = _Echoes(source, facts)
    rows: dict[str, Any] = {}
    notes: list[str] = []
    for name in dict.fromkeys(figure.sheet for figure in figures):
        ours = [figure for figure in figures if figure.sheet == name]
        overlay = _Overlay(BY_NAME[name], facts, aliases, echoes)
        rows[name] = overlay.apply(ours)
        notes += overlay.notes
    CorrectedFigure.objects.bulk_update(figures, NOTED)
    return replace(facts, **rows), notes


def note_lost(races: Collection[int], said: Collection[tuple[int, str]]) -> list[str]:
    """Let an editor decide where a source took a sheet away and corrections with it.

    Of these ``races`` the source has all rows, and has ``said`` these sheets.
    """
    of_races = CorrectedFigure.objects.in_force().filter(race__in=races)
    standing = of_races.exclude(action=Action.REMOVE).order_by("sheet", "id")
    lost = [
        figure
        for row in overlaid(standing)
        if (row.figures[0].race_id, _name(row)) not in said
        and row_of(row.table, in_record(row)) is None
        for figure in row.figures
    ]
    for figure in lost:
        figure.state, figure.seen_at = State.CONFLICT, clock.now()
    CorrectedFigure.objects.bulk_update(lost, ["state", "seen_at"])
    return [
        f"{subject(BY_NAME[each.sheet], each.key, each.field)}:"
        " the source has no such sheet any more"
        for each in lost
    ]


class _Echoes:
    """What a source has from the record itself: no word of its own on a figure."""

    def __init__(self, source: str, facts: Facts) -> None:
        self.source = source
        is_archive = source == Source.ARCHIVE
        self.ahead: set[RaceRef] = ahead_of(facts) if is_archive else set()
        self.unsaid = facts.unsaid

    def __contains__(self, place: tuple[Table, Any, str]) -> bool:
        table, row, name = place
        if table is RACES and (row.ref, name) in self.unsaid:
            return True
        if self.source not in KNOW_THE_WORLD:
            return table in WORLD or (table is RACES and name not in DATES)
        if table is RACES:
            return row.ref in self.ahead and name in DATES
        return table is SESSIONS and row.race in self.ahead


class _Overlay:
    """The rows of one table of a source, on their way to what editors say."""

    def __init__(
        self, table: Table, facts: Facts, aliases: Aliases, echoes: _Echoes
    ) -> None:
        self.table, self.aliases, self.echoes = table, aliases, echoes
        self.said: list[Any] = getattr(facts, table.name)
        #: By place among the rows of the source; added ones come after them.
        self.rows: dict[int, Any] = dict(enumerate(self.said))
        self.new_places = count(len(self.said))
        self.places: dict[str, int] = {}
        self.sheets: dict[Sheet, list[int]] = defaultdict(list)
        self.touched: dict[Sheet, list[CorrectedFigure]] = defaultdict(list)
        self.notes: list[str] = []

    def apply(self, figures: list[CorrectedFigure]) -> list[Any]:
        self._find({_scope(self.table, figure.key) for figure in figures})
        rows = overlaid(figures)
        self._follow_twins(rows)
        for row in rows:
            if _sheet(self.table, row.key) in self.sheets:
                self._lay(row)
        for sheet in list(self.touched):
            self._check(sheet)
        self._say()
        return list(self.rows.values())

    def _find(self, wanted: Collection[Any]) -> None:
        """Note where the rows stand that figures can be about, by who they are."""
        named = {}
        for place, row in self.rows.items():
            name = self.aliases.named(row)
            if _scope_of(self.table, name) in wanted:
                named[place] = name
                self.sheets[_sheet_of(self.table, name)].append(place)
        in_order = sorted(named, key=lambda p: getattr(named[p], "display_order", p))
        keys = identities(self.table, (named[place] for place in in_order))
        self.places = dict(zip(map(mark, keys), in_order, strict=True))

    def _follow_twins(self, rows: list[Overlaid]) -> None:
        """Rows about the same may change places in the source: figures go with the one
        that alone still says what was corrected, and that no other figure is about."""
        taken = {mark(row.key) for row in rows}
        for row in rows:
            fits = [key for key in self._twins(row.key) if self._still_says(key, row)]
            if len(fits) == 1 and mark(fits[0]) not in taken:
                _move(row, fits[0])

    def _twins(self, key: Key) -> list[Key]:
        keys = (numbered(key, nth) for nth in count(1))
        found = list(takewhile(lambda each: mark(each) in self.places, keys))
        return found if len(found) > 1 else []

    def _still_says(self, key: Key, row: Overlaid) -> bool:
        record = self.aliases.named(self.said[self.places[mark(key)]])
        said = encode_row(self.table, record)
        if row.whole is None:
            return all(said[each.field] == each.beneath for each in row.changes)
        beneath = row.whole.beneath or {}
        return row.is_removed and _unordered(said) == _unordered(beneath)

    def _lay(self, row: Overlaid) -> None:
        if self._is_unsaid(row):
            if row.whole is not None and not row.is_removed:
                self._put_in(row.key, row.whole)
            return
        self.touched[_sheet(self.table, row.key)] += row.figures
        if row.changes:
            self._change(row)
        if row.whole is not None:
            self._lay_whole(row, row.whole)
        for figure in row.figures:
            figure.seen_at = clock.now()

    def _is_unsaid(self, row: Overlaid) -> bool:
        """Where nothing is taken away, only the archive's silence is a word: others
        bring those races, people and sessions that are news to the record."""
        is_partial = not self.table.scope and self.echoes.source != Source.ARCHIVE
        return is_partial and mark(row.key) not in self.places

    def _change(self, row: Overlaid) -> None:
        place = self.places.get(mark(row.key))
        if place is None and row.has_moved:
            # The source may call the row by now what the editor does.
            place = self.places.get(mark(row.key_in_record))
        if place is None:
            for figure in row.changes:
                figure.state = State.CONFLICT
            return
        for figure in row.changes:
            self._change_figure(place, figure)

    def _change_figure(self, place: int, figure: CorrectedFigure) -> None:
        record, name = self.rows[place], figure.field
        if (self.table, record, name) not in self.echoes:
            said = getattr(self.aliases.named(self.said[place]), name)
            figure.beneath = encode(self.table, name, said)
            figure.state = judge(figure)
        if self._was_held(figure, record):
            figure.state = State.RETIRED
            return
        value = decode(self.table, name, figure.value)
        self.rows[place] = replace(record, **{name: value})

    def _was_held(self, figure: CorrectedFigure, record: Any) -> bool:
        """A race that was put off or called off, and then took place all the same."""
        if self.table is not RACES or figure.field != "status":
            return False
        completed = Race.Status.COMPLETED
        return bool(record.status == completed and figure.value != completed)

    def _lay_whole(self, row: Overlaid, figure: CorrectedFigure) -> None:
        place = None if row.has_moved else self.places.get(mark(row.key))
        is_echo = place is not None and (
            (self.table, self.rows[place], "") in self.echoes
        )
        if not is_echo:
            said = None if place is None else self.aliases.named(self.said[place])
            figure.beneath = None if said is None else encode_row(self.table, said)
            figure.state = judge(figure)
        if figure.action == Action.REMOVE:
            if place is not None:
                del self.rows[place]
            return
        self._put_in(row.key, figure, place)

    def _put_in(
        self, key: Key, figure: CorrectedFigure, place: int | None = None
    ) -> None:
        if place is None:
            place = next(self.new_places)
            self.sheets[_sheet(self.table, key)].append(place)
        self.rows[place] = self._added(figure)

    def _added(self, figure: CorrectedFigure) -> Any:
        """The row that an editor added; whether a race was held, results say."""
        record = decode_row(self.table, figure.value or {})
        known = figure.race if self.table is RACES else None
        return replace(record, status=known.status) if known else record

    def _check(self, sheet: Sheet) -> None:
        """Leave a sheet as it is where it cannot stand with what the source says."""
        places = self.sheets[sheet]
        ours = [self.rows[place] for place in places if place in self.rows]
        theirs = [self.said[place] for place in places if place < len(self.said)]
        broken = broken_promises(self.table, ours)
        if not broken or broken_promises(self.table, theirs):
            return
        for place in places:
            self.rows.pop(place, None)
        for row in self._kept(sheet) or theirs:
            self.rows[next(self.new_places)] = row
        for figure in self.touched[sheet]:
            if figure.state in CorrectedFigure.IN_FORCE:
                figure.state = State.CONFLICT
        self.notes.append(
            f"{_label(sheet)} {self.table.name}: left as it stands, because with the"
            f" corrections it would break {', '.join(broken)}"
        )

    def _kept(self, sheet: Sheet) -> list[Any]:
        """The sheet as the record has it; races and the world are the source's."""
        if not isinstance(sheet[0], tuple):
            return []
        (season, grand_prix), kind = sheet
        wanted = Q(race__season=season, race__grand_prix=grand_prix)
        return read(self.table, wanted & (Q(kind=kind) if kind else Q()))

    def _say(self) -> None:
        words = {
            State.AGREED: "the source now agrees with the correction",
            State.CONFLICT: "the source has changed to something else",
            State.RETIRED: "the race was held, the correction is left",
        }
        for figure in (f for figures in self.touched.values() for f in figures):
            if figure.state in words:
                about = subject(self.table, figure.key, figure.field)
                self.notes.append(f"{about}: {words[State(figure.state)]}")


def _move(row: Overlaid, key: Key) -> None:
    """Let figures be about another row, and with them those that they stand above."""
    beneath = CorrectedFigure.objects.filter(
        sheet=row.table.name, key=row.key, state=State.SUPERSEDED
    )
    beneath.update(key=key)
    row.key = key
    for figure in row.figures:
        figure.key = key


def _unordered(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "display_order"}


def subject(table: Table, key: Key, name: str = "") -> str:
    """What a figure is about, in words."""
    race = key.get("race", [key.get("season", ""), key.get("grand_prix", "")])
    names = [n for n in identity_of(table) if n not in {"race", "season", "grand_prix"}]
    parts = [*race, table.name, *(key[n] for n in names), name]
    return " ".join(str(part) for part in parts if part not in {None, ""})


def _scope(table: Table, key: Key) -> Any:
    """The race of a row, or of a race its season: what is compared together."""
    if table is RACES:
        return key["season"]
    return tuple(key["race"]) if "race" in key else None


def _scope_of(table: Table, record: Any) -> Any:
    return record.season if table is RACES else getattr(record, "race", None)


def _sheet(table: Table, key: Key) -> Sheet:
    return _scope(table, key), str(key.get("kind", "")) if table.by_kind else ""


def _sheet_of(table: Table, record: Any) -> Sheet:
    return _scope_of(table, record), record.kind if table.by_kind else ""


def _name(row: Overlaid) -> str:
    """The sheet of a row as origins call it."""
    table, kind = row.table.name, row.key.get("kind", "")
    return f"{table} {kind}" if row.table.by_kind else table


def _label(sheet: Sheet) -> str:
    scope, kind = sheet
    parts: Iterable[Any] = scope if isinstance(scope, tuple) else [scope or ""]
    return " ".join(str(part) for part in (*parts, kind) if part)
