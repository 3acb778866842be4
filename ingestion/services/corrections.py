"""What editors correct over the sources, and how it is taken back.

An editor's figure stands over the source's, which is kept beneath; `overlay` lays it
over whatever a source brings later. Here it is made, undone, or left to the source.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import CASCADE, Model, ProtectedError

from f1site.base import clock, jobs
from ingestion import effects
from ingestion.errors import CorrectionError
from ingestion.models import (
    CorrectedFigure,
    Correction,
    Provenance,
    Race,
    SourceFetch,
)
from ingestion.services.changes import mark_changed
from ingestion.services.figures import (
    ROW,
    Key,
    Overlaid,
    decode,
    decode_row,
    encode,
    encode_row,
    figure_fields,
    fixed_fields,
    identities,
    identity,
    in_record,
    judge,
    key_of,
    mark,
    numbered,
    over,
    overlaid,
    removed_twins,
    rows_about,
    rows_of,
)
from ingestion.services.merge import Table, reason
from ingestion.services.record import LOCK, check_deferred
from ingestion.services.rows import Draft, Drafts, classified, races_of
from ingestion.services.tables import RACES, RATED, TABLES
from ingestion.services.versions import note_versions

State, Action = CorrectedFigure.State, CorrectedFigure.Action
BY_MODEL = {table.model: table for table in TABLES}
BY_RECORD = {table.record: table for table in TABLES}


@dataclass(frozen=True)
class Edit:
    """A change of fields of a row, a new row, or the end of one."""

    table: Table
    row: Any = None
    fields: Mapping[str, Any] | None = None
    record: Any = None

    @classmethod
    def change(cls, row: Model, **fields: Any) -> "Edit":
        """Fields as a source would say them: a driver by his slug."""
        return cls(BY_MODEL[type(row)], row, fields)

    @classmethod
    def add(cls, record: Any) -> "Edit":
        return cls(BY_RECORD[type(record)], record=record)

    @classmethod
    def remove(cls, row: Model) -> "Edit":
        return cls(BY_MODEL[type(row)], row)


def is_sourced(table: Table, *, race: int | None = None, kind: str = "") -> bool:
    """Whether a source has brought these rows: then an editor's go over them.

    What nobody brought is typed in and saved as it is.
    """
    if race is None or "race" not in {*table.fields, "race" * (table is RACES)}:
        done = SourceFetch.objects.filter(outcome=SourceFetch.Outcome.DONE)
        return done.exists()
    sheet = f"{table.name} {kind}" if table.by_kind else table.name
    return Provenance.objects.filter(race=race, sheet=sheet).exists()


def correct(
    *, edits: Sequence[Edit], author: Any, reason: str, link: str = ""
) -> Correction:
    """Put what an editor says over what the sources say, as one act.

    Raises
    ------
    CorrectionError : no reason, nothing to change, or what the record cannot hold
    """
    _check_words(reason, link)
    with _alone():
        correction = Correction.objects.create(author=author, reason=reason, link=link)
        drafts = drafted(edits)
        _check_removed(drafts)
        plans = [(d, _standing(d)) for d in drafts if d.is_changed]
        if not plans:
            raise CorrectionError("The record says so already.")
        _write(drafts, correction, author)
        for draft, standing in plans:
            _Figures(correction, draft, standing).note()
    return correction


def correct_rows(
    *,
    table: Table,
    race: Race,
    records: Sequence[Any],
    kind: str = "",
    author: Any,
    reason: str,
    link: str = "",
) -> Correction | None:
    """Make a sheet say what these records say; None where it does already."""
    edits = edits_for(table=table, race=race, records=records, kind=kind)
    if not edits:
        return None
    return correct(edits=edits, author=author, reason=reason, link=link)


def edits_for(
    *, table: Table, race: Race, records: Sequence[Any], kind: str = ""
) -> list[Edit]:
    """What would have to change for a sheet to say what these records say."""
    rows = rows_of(table).filter(race=race, **({"kind": kind} if kind else {}))
    drafts = [Draft(table, row, None) for row in rows]
    keys = identities(table, (draft.before for draft in drafts))
    found = {mark(key): draft for key, draft in zip(keys, drafts, strict=True)}
    edits = []
    for key, record in zip(identities(table, records), records, strict=True):
        draft = found.pop(mark(key), None)
        if draft is None:
            edits.append(Edit.add(record))
            continue
        draft.record = record
        if draft.is_changed:
            said = {name: getattr(record, name) for name in table.fields}
            edits.append(Edit(table, draft.row, said))
    return edits + [Edit.remove(draft.row) for draft in found.values()]


def undo(*, correction: Correction, author: Any) -> Correction:
    """Let the sources speak again, or the correction that stood before.

    Raises
    ------
    CorrectionError : undone before, or a later correction stands above
    """
    with _alone():
        correction = Correction.objects.select_for_update().get(pk=correction.pk)
        if correction.undone_at is not None:
            raise CorrectionError("This was undone before.")
        figures = list(correction.figures.select_related("superseded_by"))
        _check_top(figures)
        ending = [figure for figure in figures if figure.state in _IN_FORCE]
        if not ending:
            raise CorrectionError("Nothing of it stands any more.")
        _end(ending, State.UNDONE, correction, author)
        correction.undone_at, correction.undone_by = clock.now(), author
        correction.save()
    return correction


def retire(*, figures: Collection[CorrectedFigure], author: Any) -> None:
    """Leave figures to the source: what it said last is taken over."""
    with _alone():
        for correction, ours in _by_correction(figures):
            _end(ours, State.RETIRED, correction, author)


def keep(*, figures: Collection[CorrectedFigure], author: Any) -> None:
    """Stay with the editor's figure, whatever the source has come to say."""
    with _alone():
        for _, ours in _by_correction(figures):
            for figure in ours:
                row = (figure.was_beneath or {}) if figure.action == "remove" else {}
                figure.was_beneath = figure.beneath
                if ROW in row and figure.beneath is not None:
                    figure.was_beneath = {**figure.beneath, ROW: row[ROW]}
                figure.state = judge(figure)
                figure.save()


def preview(*, edits: Sequence[Edit]) -> dict[str, effects.Effect]:
    """What would follow from a correction; nothing of it stays."""
    with _alone():
        races = races_of(draft for draft in drafted(edits))
        comparisons = effects.Comparisons(races)
        correct(edits=edits, author=None, reason="preview")
        found = comparisons.effects()
        transaction.set_rollback(True)
    return found


# --- making ---------------------------------------------------------------------

_IN_FORCE = CorrectedFigure.IN_FORCE


def _check_words(reason: str, link: str) -> None:
    if not reason.strip():
        raise CorrectionError("A correction needs a reason.")
    if link and not link.startswith(("https://", "http://")):
        raise CorrectionError("A link begins with https:// or http://.")


def _check_removed(drafts: Drafts) -> None:
    """What would go along with a row, no undo could bring back."""
    for draft in drafts:
        if draft.row is None or draft.record is not None:
            continue
        for relation in draft.row._meta.related_objects:
            rows = relation.related_model._default_manager
            is_lost = relation.on_delete is CASCADE
            if is_lost and rows.filter(**{relation.field.name: draft.row}).exists():
                raise CorrectionError("Other rows of the record need this one.")


@contextmanager
def _alone() -> Iterator[None]:
    """One transaction that no other writer of the record meets."""
    try:
        with jobs.exclusive(LOCK):
            yield
    except ProtectedError as error:
        raise CorrectionError("Other rows of the record need this one.") from error
    except (IntegrityError, DataError) as error:
        words = reason(error.__cause__)
        raise CorrectionError(f"The record cannot hold that: {words}") from error


def drafted(edits: Sequence[Edit]) -> Drafts:
    drafts = Drafts()
    for edit in edits:
        if edit.row is None:
            drafts.add(edit.table, edit.record)
            continue
        draft = drafts.get(edit.table, edit.row.pk)
        if draft is None:
            raise CorrectionError(f"{edit.row} is not in the record any more.")
        draft.record = _edited(draft, edit)
    for table in {edit.table.name: edit.table for edit in edits}.values():
        _pair([d for d in drafts if d.table is table and d.row and d.record])
    return drafts


def _edited(draft: Draft, edit: Edit) -> Any | None:
    if edit.fields is None:
        return None
    record = replace(draft.record, **edit.fields)
    fixed = [n for n in fixed_fields(edit.table) if _differs(draft, record, n)]
    if fixed:
        raise CorrectionError(f"{', '.join(fixed)} makes the row what it is.")
    return record


def _differs(draft: Draft, record: Any, name: str) -> bool:
    before, after = getattr(draft.before, name), getattr(record, name)
    return bool(encode(draft.table, name, before) != encode(draft.table, name, after))


def _pair(drafts: list[Draft]) -> None:
    """Let a row that takes the name of another take its place: two drivers who are
    swapped are the same two drivers with each other's results."""
    moved = {
        mark(identity(draft.table, draft.before)): draft
        for draft in drafts
        if identity(draft.table, draft.before) != identity(draft.table, draft.record)
    }
    strangers = []
    for record in [draft.record for draft in moved.values()]:
        table = next(iter(moved.values())).table if moved else drafts[0].table
        home = moved.pop(mark(identity(table, record)), None)
        if home is None:
            strangers.append(record)
        else:
            home.record = record
    for draft, record in zip(moved.values(), strangers, strict=True):
        draft.record = record


def _standing(draft: Draft) -> Overlaid:
    """What stands over the row so far."""
    if draft.row is not None:
        return over(draft.table, key_of(draft.table, draft.row))
    key = identity(draft.table, draft.record)
    removed = removed_twins(draft.table, key)
    nth = removed[0] if removed else len(rows_about(draft.table, key)) + 1
    return _over_source(draft.table, numbered(key, nth))


def _over_source(table: Table, key: Key) -> Overlaid:
    figures = CorrectedFigure.objects.in_force().filter(sheet=table.name, key=key)
    rows = overlaid(figures)
    return rows[0] if rows else Overlaid(table, key)


def _write(
    drafts: Drafts, correction: Correction, author: Any, **about: Any
) -> list[Draft]:
    about |= {"correction": correction.pk, "reason": correction.reason}
    if correction.link:
        about["link"] = correction.link
    changed = drafts.write(author=author, about=about)
    rated = [d for d in changed if d.table in (RACES, *RATED) and d.race is not None]
    mark_changed(races_of(rated))
    check_deferred()
    _check_held(changed)
    note_versions(classified(changed), source="correction", correction=correction)
    effects.told(races_of(changed))
    return changed


def _check_held(drafts: list[Draft]) -> None:
    """A race that has results was held, whoever says otherwise."""
    for draft in drafts:
        if draft.table is RACES and draft.record is not None:
            status = Race.objects.get(pk=draft.record.id).status
            if status != draft.record.status:
                raise CorrectionError(f"By its results {draft.after} is {status}.")


class _Figures:
    """The figures that one changed row makes."""

    def __init__(
        self, correction: Correction, draft: Draft, standing: Overlaid
    ) -> None:
        self.correction, self.draft, self.standing = correction, draft, standing
        self.table = draft.table

    def note(self) -> None:
        if self.draft.row is None:
            self._add()
        elif self.draft.record is None:
            self._remove()
        elif self.standing.whole is not None:
            self._add_anew(self.standing.whole)
        else:
            self._change()

    def _change(self) -> None:
        before = {figure.field: figure for figure in self.standing.changes}
        for name in figure_fields(self.table):
            if not _differs(self.draft, self.draft.record, name):
                continue
            old = before.get(name)
            said = getattr(self.draft.before, name)
            self._save(
                Action.CHANGE,
                self.standing.key,
                field=name,
                value=encode(self.table, name, getattr(self.draft.record, name)),
                beneath=old.beneath if old else encode(self.table, name, said),
                supersedes=[old] if old else [],
            )

    def _add(self) -> None:
        removed = self.standing.whole
        self._save(
            Action.ADD,
            self.standing.key,
            value=encode_row(self.table, self.draft.record),
            beneath=removed.beneath if removed else None,
            supersedes=[removed] if removed else [],
        )

    def _add_anew(self, added: CorrectedFigure) -> None:
        """An added row is corrected: it is added otherwise."""
        if not any(
            _differs(self.draft, self.draft.record, name)
            for name in figure_fields(self.table)
        ):
            return
        key = identity(self.table, self.draft.record)
        is_same = key == identity(self.table, self.draft.before)
        self._save(
            Action.ADD,
            added.key if is_same else key,
            value=encode_row(self.table, self.draft.record),
            beneath=added.beneath if is_same else None,
            supersedes=[added],
        )

    def _remove(self) -> None:
        added = self.standing.whole
        said = encode_row(self.table, self.draft.before)
        said |= {figure.field: figure.beneath for figure in self.standing.changes}
        beneath = added.beneath if added else said
        row = {ROW: self.draft.row.pk} if self.draft.row else {}
        self._save(
            Action.REMOVE,
            self.standing.key,
            beneath=beneath,
            was_beneath=None if beneath is None else {**beneath, **row},
            supersedes=self.standing.figures,
        )

    def _save(
        self,
        action: str,
        key: Key,
        *,
        supersedes: Sequence[CorrectedFigure],
        **values: Any,
    ) -> None:
        for old in supersedes:
            old.state = State.SUPERSEDED
            old.save()
        gone = self.table is RACES and self.draft.record is None
        figure = CorrectedFigure.objects.create(
            correction=self.correction,
            action=action,
            sheet=self.table.name,
            key=key,
            race_id=None if gone else self.draft.race,
            **{"was_beneath": values["beneath"], **values},
        )
        keys = [old.pk for old in supersedes]
        CorrectedFigure.objects.filter(pk__in=keys).update(superseded_by=figure)


# --- ending ---------------------------------------------------------------------


def _check_top(figures: Sequence[CorrectedFigure]) -> None:
    for figure in figures:
        above = figure
        while above.state == State.SUPERSEDED and above.superseded_by is not None:
            above = above.superseded_by
        if above is not figure and above.state in _IN_FORCE:
            raise CorrectionError(
                f"A later correction stands above, undo it first: {above.correction}"
            )


def _by_correction(
    figures: Collection[CorrectedFigure],
) -> Iterator[tuple[Correction, list[CorrectedFigure]]]:
    """Those of the figures that are still in force, act by act."""
    keys = [figure.pk for figure in figures]
    ours = CorrectedFigure.objects.in_force().select_for_update(of=("self",))
    found: dict[int, list[CorrectedFigure]] = {}
    for figure in ours.filter(pk__in=keys).select_related("correction"):
        found.setdefault(figure.correction_id, []).append(figure)
    for some in found.values():
        yield some[0].correction, some


def _end(
    figures: Sequence[CorrectedFigure],
    state: str,
    correction: Correction,
    author: Any,
) -> None:
    """Take figures back: rows say what stood before, or what the source says."""
    is_undone = state == State.UNDONE
    drafts = Drafts()
    endings = [_Ending(figure, drafts, is_undone) for figure in figures]
    for ending in endings:
        ending.restore()
    _write(drafts, correction, author, end=state)
    for ending in endings:
        ending.close(state)


class _Ending:
    """One figure that is taken back, and those that come to light again."""

    def __init__(
        self, figure: CorrectedFigure, drafts: Drafts, is_undone: bool
    ) -> None:
        self.figure, self.drafts = figure, drafts
        over_row = next(
            row
            for row in overlaid(
                CorrectedFigure.objects.in_force().filter(
                    sheet=figure.sheet, key=figure.key
                )
            )
        )
        self.table = over_row.table
        below = figure.supersedes.filter(state=State.SUPERSEDED)
        self.below = list(below) if is_undone else []
        self.draft = (
            None
            if figure.action == Action.REMOVE
            else drafts.find(self.table, in_record(over_row))
        )

    def restore(self) -> None:
        if self.figure.action == Action.CHANGE:
            self._change()
        elif self.figure.action == Action.ADD:
            self._take_out()
        else:
            self._bring_back()

    def _change(self) -> None:
        if self.draft is None or self.draft.record is None:
            return  # the source has no such row any more
        name = self.figure.field
        value = self.below[0].value if self.below else self.figure.beneath
        value = decode(self.table, name, value)
        self.draft.record = replace(self.draft.record, **{name: value})

    def _take_out(self) -> None:
        if self.draft is None:
            return
        below = self.below[0] if self.below else None
        row = self.figure.beneath
        if below is not None:
            row = below.value if below.action == Action.ADD else None
        self.draft.record = None if row is None else decode_row(self.table, row)

    def _bring_back(self) -> None:
        row = self.figure.beneath
        for below in self.below:
            if below.action == Action.ADD:
                row = below.value
            elif row is not None:
                row = {**row, below.field: below.value}
        if row is None:
            return
        key = (self.figure.was_beneath or {}).get(ROW)
        self.drafts.add(self.table, decode_row(self.table, row), key)

    def close(self, state: str) -> None:
        self.figure.state = state
        self.figure.save(update_fields=["state"])
        if self.figure.action == Action.CHANGE and not self.below:
            self._rename_others()
        for below in self.below:
            below.beneath = self._said_of(below)
            below.state = judge(below)
            below.superseded_by = None
            below.save()

    def _rename_others(self) -> None:
        """What else stands over the row finds it by what the source calls it by now."""
        figure = CorrectedFigure.objects.get(pk=self.figure.pk)
        if figure.key.get(figure.field, figure.beneath) == figure.beneath:
            return
        alive = CorrectedFigure.objects.filter(
            sheet=figure.sheet,
            key=figure.key,
            state__in=[*_IN_FORCE, State.SUPERSEDED],
        )
        alive.update(key=numbered({**figure.key, figure.field: figure.beneath}, 1))

    def _said_of(self, below: CorrectedFigure) -> Any:
        said = self.figure.beneath
        if below.key != self.figure.key:
            return below.beneath
        if below.action == Action.CHANGE and self.figure.action == Action.REMOVE:
            return below.beneath if said is None else said[below.field]
        return said
