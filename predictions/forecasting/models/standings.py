"""The championship alone: how often each rank in it ended in each place."""

from predictions.forecasting.entrant import STAGES
from predictions.forecasting.models.grid import Table


def standings() -> Table:
    """A table by rank before the race; who share a rank are alike."""
    column = dict.fromkeys(STAGES, "standing")
    return Table(name="standings", column=column, is_ranked=True)
