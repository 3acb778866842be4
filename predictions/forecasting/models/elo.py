"""The ratings alone: driver and team Elo added, one coefficient."""

from predictions.forecasting.entrant import STAGES
from predictions.forecasting.models.logit import Logit


def elo() -> Logit:
    """A conditional logit whose only fact is the rating."""
    return Logit(name="elo", features=dict.fromkeys(STAGES, ("elo",)), penalty=1e-3)
