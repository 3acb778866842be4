"""The models, by name. A new one is a file beside this and a line here."""

from predictions.forecasting.models.base import Files, Fitted, Memo, Model, learnable
from predictions.forecasting.models.elo import elo
from predictions.forecasting.models.ensemble import Ensemble
from predictions.forecasting.models.forest import Forest
from predictions.forecasting.models.gbm import Gbm
from predictions.forecasting.models.grid import grid
from predictions.forecasting.models.logit import Logit
from predictions.forecasting.models.standings import standings
from predictions.forecasting.models.uniform import Uniform

__all__ = [
    "BASELINES",
    "MODELS",
    "PRIMARY",
    "Files",
    "Fitted",
    "Memo",
    "Model",
    "learnable",
]

MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Uniform(),
        grid(),
        standings(),
        elo(),
        Logit(),
        Forest(),
        Gbm(),
        Ensemble(),
    )
}
#: What every other model is measured against.
BASELINES = ("uniform", "grid", "standings", "elo")
#: The model whose forecasts are shown, until another passes the gate.
PRIMARY = "ensemble"
