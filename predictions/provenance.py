"""What the numbers of a backtest hang on: seed, record, code and parameters."""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from predictions import forecasting
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS
from predictions.forecasting.models.base import ENGINE
from predictions.models import Backtest

#: With the key of the race it fixes all that models draw.
SEED = 1
LIBRARIES = ("lightgbm", "numpy", "scikit-learn", "scipy")


def is_of_today(backtest: Backtest) -> bool:
    """Whether it would be computed now by the same code and parameters."""
    names = backtest.model_names
    if backtest.code_hash != code_hash() or not all(name in MODELS for name in names):
        return False
    return backtest.parameters_hash == parameters_hash(names)


def data_hash(frame: Frame) -> str:
    """SHA-256 of all that a frame holds, also of what models do not learn from."""
    content = hashlib.sha256(frame.digest.encode())
    content.update(frame.round.tobytes())
    content.update("\n".join(frame.team.tolist()).encode())
    return content.hexdigest()


@lru_cache(maxsize=1)
def code_hash() -> str:
    """SHA-256 of the core and of the versions of its libraries."""
    folder = Path(forecasting.__path__[0])
    content = hashlib.sha256(str([ENGINE, *map(_version, LIBRARIES)]).encode())
    for path in sorted(folder.rglob("*.py")):
        content.update(path.relative_to(folder).as_posix().encode())
        content.update(path.read_bytes())
    return content.hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def parameters_hash(names: Sequence[str]) -> str:
    models = [MODELS[name] for name in names]
    content = [
        SEED,
        [
            (m.name, m.parameters, {stage: m.columns(stage) for stage in m.stages})
            for m in models
        ],
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
