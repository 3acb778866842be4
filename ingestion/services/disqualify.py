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

    With ``move_points`` they also take the points of their new places.
    """
    table = RESULTS if isinstance(result, RaceResult) else SPRINT_RESULTS
    rows = list(rows_of(table).filter(race_id=result.race_id))
    behind = [row for row in rows if row.display_order > result.display_order]
    edits = [_taken_out(result, last=len(behind))]
    for row in behind:
        fields: dict[str, Any] = {"display_order": row.display_order - 1}
        if result.position and row.position and row.position > result.position:
            fields["position"] = row.position - 1
            if move_points:
                fields["points"] = _points_at(row, rows, row.position - 1)
        edits.append(Edit.change(row, **fields))
    return edits


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
