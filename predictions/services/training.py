"""Training: fitted models with everything that was known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from f1site.base import clock, jobs
from ingestion.models import Race
from predictions import registry
from predictions.features import Knowledge
from predictions.forecasting.forecaster import fit
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS, PRIMARY, Memo, Model, learnable
from predictions.models import ModelVersion
from predictions.services.placing import place
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

    The first primary is promoted, and a later fit of the same configuration takes
    the place of an earlier one. Any other becomes primary only by the gate.

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


def train_missing(now: datetime | None = None) -> list[Trained]:
    """Fit the models that could not forecast the season of that moment.

    Nothing where nothing is known.
    """
    knowledge = Knowledge(now or clock.now())
    season = knowledge.as_of.year
    missing = [
        name for name in MODELS if usable_version(name, knowledge, season) is None
    ]
    if not missing or not knowledge.races:
        return []
    return train_models(knowledge=knowledge, names=missing)


def _train(model: Model, frame: Frame, cutoff: Race, memo: Memo) -> Trained:
    with jobs.alone(f"fit {model.name}"):  # who waited finds the twin
        version = registry.twin(model, frame.digest)
        if version is not None:
            place(version, is_new=False)
            return Trained(version, is_new=False)
        fits = {stage: fit(model, frame, stage, memo) for stage in model.stages}
        # One transaction: killed in between it would stand without a place for good.
        with jobs.exclusive("models"):
            version = registry.save(
                model,
                fits,
                cutoff=cutoff,
                data_hash=frame.digest,
                metrics={"n_races": frame.n_races, "n_rows": len(frame)},
            )
            place(version, is_new=True)
    return Trained(version, is_new=True)


def primary_name() -> str:
    version = registry.primary()
    return version.name if version else PRIMARY


def usable_version(
    name: str,
    knowledge: Knowledge,
    season: int,
    like: ModelVersion | None = None,
) -> ModelVersion | None:
    """The version to forecast a season with: the primary one, or who saw most.

    It has seen nothing that is not known, and all that is known of the seasons
    before; one fit per season is enough, ratings and form move every race. It is of
    the configuration of the primary model if it bears its name, or of that of a
    version that it should be ``like``. One that can be fitted no more, because the
    code has moved on, speaks for longer than a season, and so does the one before a
    fit of the season that was rolled back.
    """
    known = {race.pk: n for n, race in enumerate(knowledge.races)}
    like = like or _primary_of(name)
    needed = _newest_of_seasons_before(knowledge, season)
    versions = [
        version
        for version in ModelVersion.objects.filter(name=name, cutoff__in=known)
        if like is None or version.is_same_kind(like)
    ]
    of_season = [one for one in versions if known[one.cutoff_id or 0] >= needed]
    is_rejected = any(one.status == registry.Status.REJECTED for one in of_season)
    if is_rejected or (like is not None and not registry.is_current(like)):
        of_season = versions
    usable = [one for one in of_season if one.status != registry.Status.REJECTED]
    usable.sort(
        key=lambda version: (
            version.status == registry.Status.PRIMARY,
            known[version.cutoff_id or 0],
            version.version,
        ),
        reverse=True,
    )
    return next((version for version in usable if registry.is_whole(version)), None)


def _primary_of(name: str) -> ModelVersion | None:
    standing = registry.primary()
    return standing if standing and standing.name == name else None


def _newest_of_seasons_before(knowledge: Knowledge, season: int) -> int:
    """Its place among the races known."""
    return max(
        (n for n, race in enumerate(knowledge.races) if race.season_id < season),
        default=0,
    )
