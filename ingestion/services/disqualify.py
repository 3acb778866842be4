"""A disqualification: the commonest correction, and one of many rows."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ingestion.models import RaceResult, ResultStatus, SprintResult
from ingestion.services.edits import Edit
from ingestion.services.figures import rows_of
from ingestion.services.tables import RESULTS, SPRINT_RESULTS

#: Seasons in which the fastest lap was worth a point to a driver in the top ten.
FASTEST_LAP_SEASONS = range(2019, 2025)
LAST_PLACE_WITH_IT = 10


def disqualify(
    result: RaceResult | SprintResult, *, move_points: bool = False
) -> list[Edit]:
    """The edits that take a driver out of a classification; all behind move up.

    With ``move_points`` they also take the points of their new places. Where a winner
    is taken out, gaps are to the new one, as documents of the stewards have them.
    """
    rows = _rows(result)
    behind = [row for row in rows if row.display_order > result.display_order]
    gaps = {} if keeps_gaps(result) else _gaps(behind)
    edits = [_taken_out(result, last=len(behind))]
    for row in behind:
        fields: dict[str, Any] = {"display_order": row.display_order - 1}
        fields |= {"gap_ms": gaps[row.pk]} if row.pk in gaps else {}
        if result.position and row.position and row.position > result.position:
            fields["position"] = row.position - 1
            if move_points:
                fields["points"] = _points_at(row, rows, row.position - 1)
        edits.append(Edit.change(row, **fields))
    return edits


def keeps_gaps(result: RaceResult | SprintResult) -> bool:
    """Whether gaps stay as they are: the winner stays, or not all times of those who
    went the whole distance are known."""
    others = [row for row in _rows(result) if row.position and row.pk != result.pk]
    whole = [row for row in others if not row.gap_laps]
    is_known = bool(whole) and all(row.time_ms is not None for row in whole)
    return result.position != 1 or not is_known


def _rows(result: RaceResult | SprintResult) -> list[Any]:
    table = RESULTS if isinstance(result, RaceResult) else SPRINT_RESULTS
    return list(rows_of(table).filter(race_id=result.race_id))


def _gaps(behind: Sequence[Any]) -> dict[int, int | None]:
    """Row → ms behind the first of them; of those without a time nothing."""
    first, *others = [row for row in behind if row.time_ms is not None]
    gaps = {row.pk: row.time_ms - first.time_ms for row in others}
    return {first.pk: None} | {pk: gap for pk, gap in gaps.items() if gap >= 0}


def _taken_out(result: RaceResult | SprintResult, last: int) -> Edit:
    return Edit.change(
        result,
        position=None,
        is_classified=False,
        status=ResultStatus.DISQUALIFIED.value,
        points=Decimal(0),
        display_order=result.display_order + last,
    )


def _points_at(row: Any, rows: Sequence[Any], place: int) -> Decimal:
    """What the place was worth, with the point for the fastest lap of who takes it."""
    there = next((each for each in rows if each.position == place), None)
    worth: Decimal = there.points - _bonus(there, place) if there else row.points
    return worth + _bonus(row, place)


def _bonus(row: Any, place: int) -> Decimal:
    counts = row.race.season_id in FASTEST_LAP_SEASONS and place <= LAST_PLACE_WITH_IT
    return Decimal(int(counts and getattr(row, "has_fastest_lap", False)))
