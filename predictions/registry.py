"""Fitted models on disk, their versions and what became of them in the database.

A version's files are JSON and LightGBM's text format, never pickle; their SHA-256
stand in the database. A file that was changed is refused.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from django.conf import settings
from django.db.models import Max

from f1site.base.jobs import exclusive
from ingestion.models import Race
from predictions.forecasting.forecaster import Forecaster
from predictions.forecasting.models import MODELS, PRIMARY, Model
from predictions.forecasting.models.base import ENGINE, Files, prefixed, under
from predictions.models import ModelEvent, ModelVersion

log = logging.getLogger(__name__)

Status, What = ModelVersion.Status, ModelEvent.What
#: The fitted model of each stage.
Fits = Mapping[str, Forecaster]


class UnusableModelError(Exception):
    """The files of a version are missing, or not those that were saved."""


def primary() -> ModelVersion | None:
    """The version whose forecasts are shown."""
    return ModelVersion.objects.filter(status=Status.PRIMARY).first()


def shadows() -> list[ModelVersion]:
    """Versions that forecast beside the primary one, to be measured."""
    return list(ModelVersion.objects.filter(status=Status.SHADOW))


def speaks(version: ModelVersion) -> bool:
    """Whether it is the primary one, or another fit of the same configuration."""
    standing = primary()
    if standing is None:
        return version.name == PRIMARY
    return version.is_same_kind(standing)


def is_current(version: ModelVersion) -> bool:
    """Whether a fit made now would be of the same configuration."""
    model = MODELS.get(version.name)
    if model is None:
        return False
    kind = (version.features, version.parameters)
    return kind == (features_of(model), parameters_of(model))


def twin(model: Model, data_hash: str) -> ModelVersion | None:
    """The version that the same model made of the same data, if it is whole."""
    versions = ModelVersion.objects.filter(
        name=model.name,
        data_hash=data_hash,
        features=features_of(model),
        parameters=parameters_of(model),
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
            features=features_of(model),
            parameters=parameters_of(model),
            metrics=dict(metrics),
            files={name: _sha256(text.encode()) for name, text in texts.items()},
        )
        _write(folder_of(version), texts)
        version.save(force_insert=True)
        note(version, What.TRAINED, reason=f"on all results up to {cutoff}")
    return version


def load(version: ModelVersion) -> Fits:
    """The fitted model of each stage.

    Raises
    ------
    UnusableModelError : a file is missing or was changed, or the code reads it no more
    """
    model = MODELS.get(version.name)
    if model is None:
        raise UnusableModelError(f"{version}: no model of that name")
    texts = _read(version)
    try:
        return {
            stage: Forecaster.load(model, under(stage, texts)) for stage in model.stages
        }
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableModelError(
            f"{version}: its files are of other code ({error!r})"
        ) from error


def fault_of(version: ModelVersion) -> str:
    """What is wrong with the files; nothing where they are there and unchanged.

    Readers of the ledger see it: it names files, never where they lie.
    Those of a configuration that is not today's must also be read by today's code.
    """
    try:
        _read(version) if is_current(version) else load(version)
    except UnusableModelError as error:
        return str(error)
    return ""


def is_whole(version: ModelVersion) -> bool:
    """Whether it can speak; a fault is logged, and noted once."""
    fault = fault_of(version)
    if fault:
        log.error("model refused: %s", fault)
        last = version.events.first()
        if last is None or (last.what, last.reason) != (What.HARMED, fault):
            note(version, What.HARMED, reason=fault)
    return not fault


def note(
    version: ModelVersion,
    what: str,
    *,
    reason: str = "",
    evidence: Mapping[str, object] | None = None,
    user: Any = None,
) -> ModelEvent:
    """Write to the ledger."""
    return ModelEvent.objects.create(
        version=version, what=what, reason=reason, evidence=evidence or {}, user=user
    )


def promote(
    version: ModelVersion,
    *,
    reason: str,
    evidence: Mapping[str, object] | None = None,
    user: Any = None,
    before: str = Status.RETIRED,
) -> None:
    """Make a version the primary one; the one ``before`` retires."""
    with exclusive("models"):
        standing = primary()
        if standing is not None and standing != version:
            _move(standing, before)
            if before == Status.RETIRED:
                note(standing, What.RETIRED, reason=f"{version} took over", user=user)
        _move(version, Status.PRIMARY)
        note(version, What.PROMOTED, reason=reason, evidence=evidence, user=user)


def set_shadow(
    version: ModelVersion, on: bool, *, reason: str, user: Any = None
) -> None:
    """Let a version forecast in the shadow in place of another of its name, or not.

    Who calls looks under the lock whether it may.
    """
    with exclusive("models"):
        if on:
            others = ModelVersion.objects.filter(name=version.name)
            for other in others.filter(status=Status.SHADOW).exclude(pk=version.pk):
                _move(other, Status.CANDIDATE)
                note(other, What.UNSHADOWED, reason=f"{version} took over", user=user)
        _move(version, Status.SHADOW if on else Status.CANDIDATE)
        what = What.SHADOWED if on else What.UNSHADOWED
        note(version, what, reason=reason, user=user)


def _move(version: ModelVersion, status: str) -> None:
    version.status = status
    version.save(update_fields=["status"])


def folder_of(version: ModelVersion) -> Path:
    return Path(settings.MODEL_DIR) / f"{version.name}-{version.version}"


def features_of(model: Model) -> dict[str, list[str]]:
    return {stage: list(model.columns(stage)) for stage in model.stages}


def parameters_of(model: Model) -> dict[str, Any]:
    """As JSON gives them back."""
    text = json.dumps({"engine": ENGINE, **model.parameters})
    parameters: dict[str, Any] = json.loads(text)
    return parameters


def _next_version(name: str) -> int:
    versions = ModelVersion.objects.filter(name=name)
    return int(versions.aggregate(last=Max("version"))["last"] or 0) + 1


def _write(folder: Path, texts: Files) -> None:
    """Into a folder that appears whole, in place of what a failure left there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(".new-*"):  # of one that was killed; we are alone
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(mkdtemp(prefix=".new-", dir=folder.parent))
    fresh.chmod(0o755)
    for name, text in texts.items():
        (fresh / name).write_bytes(text.encode())
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(fresh, folder)


def _read(version: ModelVersion) -> Files:
    texts = {}
    for name, digest in version.files.items():
        try:
            content = (folder_of(version) / name).read_bytes()
        except OSError as error:
            raise UnusableModelError(f"{version}: {name} cannot be read") from error
        if _sha256(content) != digest:
            raise UnusableModelError(f"{version}: {name} is not what was saved")
        texts[name] = content.decode()
    return texts


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
