"""Every version, those that stand before those that were superseded."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from predictions.cards import role_of
from predictions.models import ModelEvent, ModelVersion
from predictions.views.presenters.models import VersionRow

#: By model, the one to be named.
Versions = Mapping[str, ModelVersion]
Status = ModelVersion.Status
#: Who forecasts comes first.
STANDING = (Status.PRIMARY, Status.SHADOW)


def standing(versions: Iterable[ModelVersion]) -> dict[str, ModelVersion]:
    """By model the version that forecasts, else the newest; of the newest first."""
    found: dict[str, ModelVersion] = {}
    for version in sorted(versions, key=_rank):
        found.setdefault(version.name, version)
    return found


def speaking(versions: Iterable[ModelVersion]) -> ModelVersion | None:
    """The primary one."""
    return next((v for v in versions if v.status == Status.PRIMARY), None)


def grouped(versions: Sequence[ModelVersion]) -> list[VersionRow]:
    """Model by model, the one that speaks first, those who forecast before the newest.

    What was superseded stands within the last of its model. ``versions`` are
    ordered by model, the newest first, as ``queries.model_versions``.
    """
    groups = [list(group) for _, group in groupby(versions, key=lambda v: v.name)]
    groups.sort(key=lambda group: _rank(min(group, key=_rank))[0])
    return [row for group in groups for row in _group(group)]


def _group(versions: Sequence[ModelVersion]) -> list[VersionRow]:
    forecasting = [v for v in versions if v.status in STANDING]
    shown = sorted({*forecasting, versions[0]}, key=_rank)
    older = [_row(version) for version in versions if version not in shown]
    return [_row(version, older if version is shown[-1] else ()) for version in shown]


def _row(version: ModelVersion, older: Sequence[VersionRow] = ()) -> VersionRow:
    last = next(iter(version.events.all()), None)
    return VersionRow(version=version, role=role_of(version), last=last, older=older)


def _rank(version: ModelVersion) -> tuple[int, str, int]:
    status = version.status
    place = STANDING.index(Status(status)) if status in STANDING else len(STANDING)
    return place, version.name, -version.version


def speaks_since(version: ModelVersion) -> datetime | None:
    """When it was last promoted; None where nothing is noted of that."""
    promoted = (
        event.at
        for event in version.events.all()
        if event.what == ModelEvent.What.PROMOTED
    )
    return next(promoted, None)
