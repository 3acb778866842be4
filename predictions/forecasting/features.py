"""From fields to numbers: the table of facts, and what each stage may use."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting import form
from predictions.forecasting.entrant import (
    RACE,
    SESSIONS,
    SPRINT,
    STAGES,
    Entrant,
    Field,
)
from predictions.forecasting.frame import Frame, stacked
from predictions.forecasting.pace import lap_gaps

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WEEKEND = (
    "practice_gap",
    "practice_last_gap",
    "qualifying_gap",
    "provisional_slot",
    "grid_slot",
    "pit_lane",
)
#: Gaps of a weekend beyond this, per cent of the best lap, are mishaps.
WORST_PRACTICE_GAP = 5.0
WORST_QUALIFYING_GAP = 4.0

TREE_DIGITS = 9

#: Which column tells the starting slot at a stage; before, there is none.
SLOT = {"post_qualifying": "provisional_slot", "final_grid": "grid_slot"}

_PRACTICE = ("practice_gap", "practice_last_gap")
_START = ("slot", "log_slot", "pole", "front_row")
_ON_GRID = ("log_slot", "slot", "pole", "pace", "finish", "elo", "practice_last_gap")
#: The few facts that carry most of a forecast, per stage.
CORE = {
    "pre_weekend": ("pace", "finish", "elo"),
    "post_practice": ("pace", "finish", "elo", *_PRACTICE),
    "post_qualifying": _ON_GRID,
    "final_grid": _ON_GRID,
}
#: Core and what helps beside it in a linear model.
WIDE = {
    stage: (
        *names,
        "points_8",
        "standing",
        *(("qualifying_gap",) if stage in SLOT else ()),
    )
    for stage, names in CORE.items()
}
#: All there is, for models that choose by themselves.
ALL = {
    "pre_weekend": form.FACTS,
    "post_practice": (*form.FACTS, *_PRACTICE),
    "post_qualifying": (*form.FACTS, *_START, "qualifying_gap"),
    "final_grid": (*form.FACTS, *_START, "pit_lane", "qualifying_gap"),
}
#: What trees read after these.
FIELD_SIZE = "field_size"


class Replay:
    """Fields in order of time: their facts, each made before its race is learnt.

    Of sprints nothing is learnt: they are a third of a race, and few.

    Parameters
    ----------
    fields : in order of time; a later one never moves an earlier row
    first_season : earlier races are learnt from, but have no rows
    """

    def __init__(self, fields: Iterable[Field], *, first_season: int = 0) -> None:
        self._known = form.Form()
        self._frames: dict[str, list[Frame]] = {session: [] for session in SESSIONS}
        for field in fields:
            if field.season >= first_season:
                self._frames[field.session].append(self.ahead(field))
            if field.session == RACE:
                self._known.learn(field)

    @cached_property
    def frame(self) -> Frame:
        """All entrants of races from the first season on.

        Raises
        ------
        ValueError : there is none
        """
        if not self._frames[RACE]:
            raise ValueError("fields holds no race from first_season on")
        return stacked(self._frames[RACE])

    @cached_property
    def sprints(self) -> Frame | None:
        """All entrants of sprints from the first season on; None: there is none."""
        frames = self._frames[SPRINT]
        return stacked(frames) if frames else None

    def ahead(self, field: Field) -> Frame:
        """Rows of a race that comes after all that were learnt from."""
        return _frame(field, self._known)


def _frame(field: Field, known: form.Form) -> Frame:
    n = len(field.entrants)
    return Frame(
        names=(*form.FACTS, *WEEKEND),
        facts=np.column_stack([known.facts(field), weekend_facts(field)]),
        race=np.full(n, field.race),
        season=np.full(n, field.season),
        round=np.full(n, field.round),
        driver=np.array(field.drivers),
        team=np.array([entrant.team for entrant in field.entrants]),
        place=_places(field),
        retired=_retired(field),
    )


def _places(field: Field) -> IntArray:
    finishes = field.outcome.finishes if field.outcome else {}
    places = [finishes[d].place if d in finishes else 0 for d in field.drivers]
    return np.array(places, dtype=np.int64)


def _retired(field: Field) -> NDArray[np.bool_]:
    finishes = field.outcome.finishes if field.outcome else {}
    return np.array([d in finishes and finishes[d].is_retired for d in field.drivers])


def weekend_facts(field: Field) -> FloatArray:
    """What the weekend itself has told.

    Returns
    -------
    array of shape (n_drivers, n_facts), columns as ``WEEKEND``, NaN where unknown
    """
    qualifying = lap_gaps(form.qualifying_laps(field))
    practice = practice_gaps(field.entrants)
    rows = [
        (
            *practice[entrant.driver],
            min(qualifying.get(entrant.driver, np.nan), WORST_QUALIFYING_GAP),
            _number(entrant.provisional_slot),
            _number(entrant.grid_slot),
            float(entrant.from_pit_lane),
        )
        for entrant in field.entrants
    ]
    return np.array(rows, dtype=np.float64)


def _number(value: int | None) -> float:
    return np.nan if value is None else float(value)


def practice_gaps(entrants: Sequence[Entrant]) -> dict[str, tuple[float, float]]:
    """Mean gap over the practice sessions, and the gap in the last, per cent."""
    names = sorted({name for entrant in entrants for name in entrant.practice_ms})
    best = {
        name: min(e.practice_ms.get(name, 10**9) for e in entrants) for name in names
    }
    answer = {}
    for entrant in entrants:
        gaps = [
            min(100 * (entrant.practice_ms[name] / best[name] - 1), WORST_PRACTICE_GAP)
            for name in names
            if name in entrant.practice_ms
        ]
        answer[entrant.driver] = (
            (float(np.mean(gaps)), gaps[-1]) if gaps else (np.nan, np.nan)
        )
    return answer


def design_matrix(frame: Frame, stage: str, names: Sequence[str]) -> FloatArray:
    """Columns of a model, each as difference from the mean of its field.

    Parameters
    ----------
    frame : of any races
    stage : tells which column is the starting slot
    names : of columns, or ``pace finish elo`` (driver and team added), ``slot
        log_slot pole front_row``

    Returns
    -------
    array of shape (n_rows, n_names); what is unknown counts as the field's mean

    Raises
    ------
    ValueError : a stage or a name that is not known
    """
    if stage not in STAGES:
        raise ValueError(f"stage is {stage!r}; it may be {', '.join(STAGES)}")
    columns = [_column(frame, stage, name) for name in names]
    return centred(np.column_stack(columns), frame.offsets)


def tree_table(frame: Frame, stage: str, names: Sequence[str]) -> FloatArray:
    """``design_matrix``, and after it the size of the field.

    Rounded, so that a bit that differs with the machine, or with the order of drivers,
    does not send one down another branch.
    """
    design = design_matrix(frame, stage, names).round(TREE_DIGITS)
    return np.column_stack([design, frame.field_size])


def _column(frame: Frame, stage: str, name: str) -> FloatArray:
    if name in {"pace", "finish", "elo"}:
        return frame.column(f"{name}_driver") + frame.column(f"{name}_team")
    if name in _START:
        return _start(frame.column(SLOT[stage]), name)
    if name not in frame.names:
        raise ValueError(f"names holds {name!r}; the frame has {frame.names}")
    return frame.column(name)


def _start(slot: FloatArray, name: str) -> FloatArray:
    if name == "slot":
        return slot
    if name == "log_slot":
        return np.log(slot)
    return (slot <= (1 if name == "pole" else 2)).astype(np.float64)


def centred(columns: FloatArray, offsets: IntArray) -> FloatArray:
    """Differences from the mean of each race; NaN becomes 0, the mean."""
    known = np.isfinite(columns)
    filled = np.where(known, columns, 0.0)
    starts = offsets[:-1]
    n_known = np.maximum(np.add.reduceat(known.astype(np.float64), starts), 1.0)
    means = np.add.reduceat(filled, starts) / n_known
    rows = np.repeat(np.arange(len(starts)), np.diff(offsets))
    return np.where(known, columns - means[rows], 0.0)
