"""Fitted models on disk, their versions in the database.

A version's files are JSON and LightGBM's text format, never pickle; their SHA-256
stand in the database. A file that was changed is refused.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from django.conf import settings
from django.db.models import Max

from f1site.base.jobs import exclusive
from ingestion.models import Race
from predictions.forecasting.forecaster import Forecaster
from predictions.forecasting.models import MODELS, Model
from predictions.forecasting.models.base import ENGINE, Files, prefixed, under
from predictions.models import ModelVersion

log = logging.getLogger(__name__)

#: The fitted model of each stage.
Fits = Mapping[str, Forecaster]


class UnusableModelError(Exception):
    """The files of a version are missing, or not those that were saved."""


def primary() -> ModelVersion | None:
    """The version whose forecasts are shown."""
    return ModelVersion.objects.filter(status=ModelVersion.Status.PRIMARY).first()


def twin(model: Model, data_hash: str) -> ModelVersion | None:
    """The version that the same model made of the same data, if it is whole."""
    versions = ModelVersion.objects.filter(
        name=model.name,
        data_hash=data_hash,
        features=_features(model),
        parameters=_parameters(model),
    )
    return next((v for v in versions.order_by("-version") if is_whole(v)), None)


def save(
    model: Model,
    fits: Fits,
    *,
    cutoff: Race,
    data_hash: str,
    metrics: Mapping[str, object],
) -> ModelVersion:
    """Write the files of a new version, then its row; both or neither."""
    texts: Files = {}
    for stage, forecaster in fits.items():
        texts |= prefixed(stage, forecaster.dump())
    with exclusive("models"):
        version = ModelVersion(
            name=model.name,
            version=_next_version(model.name),
            cutoff=cutoff,
            data_hash=data_hash,
            features=_features(model),
            parameters=_parameters(model),
            metrics=dict(metrics),
            files={name: _sha256(text.encode()) for name, text in texts.items()},
        )
        _write(folder_of(version), texts)
        version.save(force_insert=True)
    return version


def load(version: ModelVersion) -> Fits:
    """The fitted model of each stage.

    Raises
    ------
    UnusableModelError : a file is missing or was changed, or nobody knows the model
    """
    model = MODELS.get(version.name)
    if model is None:
        raise UnusableModelError(f"{version}: no model of that name")
    texts = _read(version)
    return {
        stage: Forecaster.load(model, under(stage, texts)) for stage in model.stages
    }


def is_whole(version: ModelVersion) -> bool:
    """Whether the files are there, unchanged; a fault is logged."""
    try:
        _read(version)
    except UnusableModelError as error:
        log.error("model refused: %s", error)
        return False
    return True


def promote(version: ModelVersion, *, note: str = "") -> None:
    """Make a version the primary one; the one before it retires."""
    with exclusive("models"):
        ModelVersion.objects.filter(status=ModelVersion.Status.PRIMARY).update(
            status=ModelVersion.Status.RETIRED
        )
        version.status = ModelVersion.Status.PRIMARY
        version.note = note or version.note
        version.save(update_fields=["status", "note"])


def folder_of(version: ModelVersion) -> Path:
    return Path(settings.MODEL_DIR) / f"{version.name}-{version.version}"


def _features(model: Model) -> dict[str, list[str]]:
    return {stage: list(model.columns(stage)) for stage in model.stages}


def _parameters(model: Model) -> dict[str, object]:
    return {"engine": ENGINE, **model.parameters}


def _next_version(name: str) -> int:
    versions = ModelVersion.objects.filter(name=name)
    return int(versions.aggregate(last=Max("version"))["last"] or 0) + 1


def _write(folder: Path, texts: Files) -> None:
    """Into a folder that appears whole, in place of what a failure left there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix=".new-", dir=folder.parent))
    fresh.chmod(0o755)
    for name, text in texts.items():
        (fresh / name).write_bytes(text.encode())
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(fresh, folder)


def _read(version: ModelVersion) -> Files:
    texts = {}
    for name, digest in version.files.items():
        path = folder_of(version) / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UnusableModelError(f"{version}: {path} cannot be read") from error
        if _sha256(content) != digest:
            raise UnusableModelError(f"{version}: {path} is not what was saved")
        texts[name] = content.decode()
    return texts


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
