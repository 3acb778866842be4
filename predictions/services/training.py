"""Training: fitted models with everything that was known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingestion.models import Race
from predictions import registry
from predictions.features import Knowledge
from predictions.forecasting.forecaster import fit
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS, PRIMARY, Memo, Model, learnable
from predictions.models import ModelVersion
from predictions.weekends import NoInputsError

#: Told of each model before it is fitted.
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """A version, and whether it was made just now."""

    version: ModelVersion
    is_new: bool

    def __str__(self) -> str:
        return str(self.version) if self.is_new else f"{self.version} stands"


def train_models(
    *,
    knowledge: Knowledge,
    names: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[Trained]:
    """Fit models on everything known; what stands already is not fitted again.

    The first primary is promoted, and a later fit of the primary model takes the
    place of an earlier one. Another model becomes primary only by hand.

    Raises
    ------
    NoInputsError : no race is known
    """
    if not knowledge.races:
        raise NoInputsError(f"the record holds no result before {knowledge.as_of}")
    frame, memo = learnable(knowledge.frame), Memo()
    trained = []
    for name in names or list(MODELS):
        if progress:
            progress(name)
        trained.append(_train(MODELS[name], frame, knowledge.races[-1], memo))
    return trained


def _train(model: Model, frame: Frame, cutoff: Race, memo: Memo) -> Trained:
    version = registry.twin(model, frame.digest)
    is_new = version is None
    if version is None:
        version = registry.save(
            model,
            {stage: fit(model, frame, stage, memo) for stage in model.stages},
            cutoff=cutoff,
            data_hash=frame.digest,
            metrics={"n_races": frame.n_races, "n_rows": len(frame)},
        )
    _promote_if_due(version)
    return Trained(version, is_new)


def _promote_if_due(version: ModelVersion) -> None:
    """The first of its kind, or a later fit of the model that is primary."""
    standing = registry.primary()
    if standing is None:
        if version.name == PRIMARY:
            registry.promote(version, note="the first of its kind")
    elif _takes_over(version, standing):
        registry.promote(version, note=f"fitted anew after {standing}")


def _takes_over(version: ModelVersion, standing: ModelVersion) -> bool:
    """Whether it is the same model and knows no less."""
    if version == standing or version.name != standing.name:
        return False
    if version.cutoff is None or standing.cutoff is None:
        return False
    return version.cutoff.starts_on >= standing.cutoff.starts_on


def primary_name() -> str:
    version = registry.primary()
    return version.name if version else PRIMARY


def usable_version(name: str, knowledge: Knowledge, season: int) -> ModelVersion | None:
    """The version to forecast a season with: the primary one, or who saw most.

    It has seen nothing that is not known, and all that is known of the seasons
    before; one fit per season is enough, ratings and form move every race.
    """
    place = {race.pk: n for n, race in enumerate(knowledge.races)}
    needed = max(
        (place[race.pk] for race in knowledge.races if race.season_id < season),
        default=0,
    )
    usable = [
        version
        for version in ModelVersion.objects.filter(name=name, cutoff__in=place)
        if place[version.cutoff_id or 0] >= needed
    ]
    usable.sort(
        key=lambda version: (
            version.status == ModelVersion.Status.PRIMARY,
            place[version.cutoff_id or 0],
            version.version,
        ),
        reverse=True,
    )
    return next((version for version in usable if registry.is_whole(version)), None)
