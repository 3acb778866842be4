"""Figures that are taken back: what stood before them, or what the source says."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ingestion.errors import CorrectionError
from ingestion.models import CorrectedFigure, Correction
from ingestion.services.figures import (
    ROW,
    decode,
    decode_row,
    in_record,
    judge,
    numbered,
    overlaid,
)
from ingestion.services.rows import Drafts

State, Action = CorrectedFigure.State, CorrectedFigure.Action


def check_top(figures: Sequence[CorrectedFigure]) -> None:
    """A later correction is undone first.

    Raises
    ------
    CorrectionError : one stands above
    """
    for figure in figures:
        above = figure
        while above.state == State.SUPERSEDED and above.superseded_by is not None:
            above = above.superseded_by
        if above is not figure and above.state in CorrectedFigure.IN_FORCE:
            raise CorrectionError(
                f"A later correction stands above, undo it first: {above.correction}"
            )


def by_correction(
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


class Ending:
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
            state__in=[*CorrectedFigure.IN_FORCE, State.SUPERSEDED],
        )
        alive.update(key=numbered({**figure.key, figure.field: figure.beneath}, 1))

    def _said_of(self, below: CorrectedFigure) -> Any:
        said = self.figure.beneath
        if below.key != self.figure.key:
            return below.beneath
        if below.action == Action.CHANGE and self.figure.action == Action.REMOVE:
            return below.beneath if said is None else said[below.field]
        return said
