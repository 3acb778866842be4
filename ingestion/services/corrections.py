"""What editors correct over the sources, and how it is taken back.

An editor's figure stands over the source's, which is kept beneath; `overlay` lays it
over whatever a source brings later. Here it is made, undone, or left to the source.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import CASCADE, ProtectedError

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
from ingestion.services.edits import Edit, differs, drafted, edits_for
from ingestion.services.endings import Ending, by_correction, check_top
from ingestion.services.figures import (
    ROW,
    Key,
    Overlaid,
    encode,
    encode_row,
    figure_fields,
    identity,
    judge,
    key_of,
    numbered,
    over,
    overlaid,
    removed_twins,
    rows_about,
)
from ingestion.services.merge import Table, reason
from ingestion.services.record import LOCK, check_deferred
from ingestion.services.rows import Draft, Drafts, classified, races_of
from ingestion.services.tables import RACES, RATED
from ingestion.services.versions import note_versions

State, Action = CorrectedFigure.State, CorrectedFigure.Action


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


def undo(*, correction: Correction, author: Any) -> Correction:
    """Let the sources speak again, or the correction that stood before.

    Raises
    ------
    CorrectionError : undone before, or a later correction stands above
    """
    with _alone():
        correction = Correction.objects.select_for_update().get(pk=correction.pk)
        _end(_standing_of(correction), State.UNDONE, correction, author)
        correction.undone_at, correction.undone_by = clock.now(), author
        correction.save()
    return correction


def undoing(correction: Correction) -> Drafts:
    """The rows that an undo touches, as they stand and as they would be.

    Raises
    ------
    CorrectionError : it cannot be undone
    """
    drafts = Drafts()
    for figure in _standing_of(correction):
        Ending(figure, drafts, is_undone=True).restore()
    return drafts


def retire(*, figures: Collection[CorrectedFigure], author: Any) -> None:
    """Leave figures to the source: what it said last is taken over."""
    with _alone():
        for correction, ours in by_correction(figures):
            _end(ours, State.RETIRED, correction, author)


def keep(*, figures: Collection[CorrectedFigure], author: Any) -> None:
    """Stay with the editor's figure, whatever the source has come to say."""
    with _alone():
        for _, ours in by_correction(figures):
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
        act = partial(correct, edits=edits, author=None, reason="preview")
        return _rehearsed(drafted(edits), act)


def preview_undo(*, correction: Correction) -> dict[str, effects.Effect]:
    """What would follow from an undo; nothing of it stays."""
    with _alone():
        act = partial(undo, correction=correction, author=None)
        return _rehearsed(undoing(correction), act)


def _rehearsed(drafts: Drafts, act: Callable[[], Any]) -> dict[str, effects.Effect]:
    comparisons = effects.Comparisons(races_of(drafts))
    act()
    found = comparisons.effects()
    transaction.set_rollback(True)
    return found


# --- making ---------------------------------------------------------------------


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
            if not differs(self.draft, self.draft.record, name):
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
            differs(self.draft, self.draft.record, name)
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


# --- taking back ------------------------------------------------------------------


def _standing_of(correction: Correction) -> list[CorrectedFigure]:
    """The figures that an undo takes back."""
    if correction.undone_at is not None:
        raise CorrectionError("This was undone before.")
    figures = list(correction.figures.select_related("superseded_by"))
    check_top(figures)
    standing = [each for each in figures if each.state in CorrectedFigure.IN_FORCE]
    if not standing:
        raise CorrectionError("Nothing of it stands any more.")
    return standing


def _end(
    figures: Sequence[CorrectedFigure],
    state: str,
    correction: Correction,
    author: Any,
) -> None:
    """Take figures back: rows say what stood before, or what the source says."""
    is_undone = state == State.UNDONE
    drafts = Drafts()
    endings = [Ending(figure, drafts, is_undone) for figure in figures]
    for ending in endings:
        ending.restore()
    _write(drafts, correction, author, end=state)
    for ending in endings:
        ending.close(state)
