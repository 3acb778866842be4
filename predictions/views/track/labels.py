"""How the track record calls models."""

from collections.abc import Sequence

from predictions.forecasting.comparison import RIVALS
from predictions.views.track.read import OURS

LABELS = {
    "grid": "grid slots",
    "elo": "Elo",
    "standings": "standings",
    "uniform": "uniform",
}


def label_of(model: str, ours: str = "") -> str:
    """How the page calls a model; ``ours`` is the one that speaks."""
    if model == OURS:
        return f"ours ({ours})" if ours else "ours"
    return LABELS.get(model, model.replace("_", " "))


def baselines_told(names: Sequence[str]) -> str:
    """What the baselines are that are compared with."""
    said = {
        "grid": "Grid slots: how often each slot ended where.",
        "elo": "Elo: ratings alone.",
        "standings": "Standings: the same by rank in the championship.",
        "uniform": "Uniform: everybody alike.",
    }
    return " ".join(said[name] for name in RIVALS if name in names)
