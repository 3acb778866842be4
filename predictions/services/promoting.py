"""Who speaks: promotion through the gate, the way back, and the shadow."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from f1site.base.jobs import exclusive
from predictions import registry
from predictions.forecasting.gate import Verdict, judge
from predictions.forecasting.models import BASELINES, MODELS
from predictions.models import ModelEvent, ModelVersion, Stage
from predictions.registry import Status, What
from predictions.services.evidence import gather
from predictions.services.placing import MOST_SHADOWS, has_room


class PromotionError(Exception):
    """What was asked for cannot be done."""


class RefusedError(PromotionError):
    """The gate said no; the ledger holds why."""


@dataclass(frozen=True)
class Examined:
    """What the gate says at one stage, and by what."""

    stage: str
    source: str
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        verdict = self.verdict
        return {
            "source": self.source,
            "n_races": verdict.n_races,
            "passes": verdict.passes,
            "differences": {
                name: asdict(one) for name, one in verdict.differences.items()
            },
            "calibration": asdict(verdict.calibration) if verdict.calibration else None,
            "conditions": [asdict(one) for one in verdict.conditions],
        }


def find(text: str) -> ModelVersion:
    """``ensemble``, ``ensemble-3`` or ``ensemble@3``: the newest unless told.

    Raises
    ------
    PromotionError : there is none
    """
    name, _, number = text.replace("@", "-").partition("-")
    versions = ModelVersion.objects.filter(name=name)
    if number:
        versions = versions.filter(version=int(number) if number.isdigit() else 0)
    version = versions.order_by("-version").first()
    if version is None:
        raise PromotionError(
            f"no model version {text!r}; ./run manage models lists them"
        )
    return version


def promote_version(
    version: ModelVersion,
    *,
    stages: Sequence[str] = (),
    force: bool = False,
    reason: str = "",
    user: Any = None,
) -> list[Examined]:
    """Make a version the primary one, if the gate lets it through.

    Every stage that is named must pass; without names every one with enough races,
    of which there must be one. By force it is promoted whatever the gate says, for a
    reason. The ledger holds the evidence either way.

    Raises
    ------
    RefusedError : the gate says no
    PromotionError : it is primary, a baseline or harmed, no reason is given, or another
        became primary meanwhile
    """
    _check(version, stages, force, reason)
    standing = registry.primary()
    examined = _examine(version, standing, stages) if standing else []
    objections = list(_objections(examined, stages)) if standing else []
    evidence = {one.stage: one.as_json() for one in examined}
    if objections and not force:
        words = "; ".join(objections)
        registry.note(version, What.REFUSED, reason=words, evidence=evidence, user=user)
        raise RefusedError(f"{version} is refused: {words}")
    said = [reason] if reason else []
    said += [f"by force, though {'; '.join(objections)}"] if objections else []
    with exclusive("models"):
        _check_still_primary(standing)
        registry.promote(
            version,
            reason="; ".join(said) or "passed the gate",
            evidence=evidence,
            user=user,
        )
    return examined


def _check_still_primary(standing: ModelVersion | None) -> None:
    """Whether what was looked at before the lock still holds."""
    now = registry.primary()
    if now != standing:
        raise PromotionError(
            f"the primary model is {now or 'none'} and not {standing or 'none'}:"
            " look again"
        )


def _check(
    version: ModelVersion, stages: Sequence[str], force: bool, reason: str
) -> None:
    if force and not reason.strip():
        raise PromotionError("force needs a reason, which the ledger keeps")
    if version.status == Status.PRIMARY:
        raise PromotionError(f"{version} is the primary model")
    if version.name in BASELINES:
        raise PromotionError(f"{version} is a baseline, to measure others against")
    if not registry.is_whole(version):
        raise PromotionError(registry.fault_of(version))
    for stage in stages:
        if stage not in MODELS[version.name].stages:
            raise PromotionError(f"{version} does not forecast at {stage}")


def _examine(
    version: ModelVersion, standing: ModelVersion, stages: Sequence[str]
) -> list[Examined]:
    least = settings.GATE_LEAST_RACES
    found = [gather(version, standing, stage) for stage in stages or Stage.values]
    return [
        Examined(one.stage, one.source, judge(one.evidence, least_races=least))
        for one in found
        if one and (stages or len(one.evidence.candidate) >= least)
    ]


def _objections(examined: Sequence[Examined], stages: Sequence[str]) -> Iterator[str]:
    seen = {one.stage for one in examined}
    lacking = [stage for stage in stages if stage not in seen]
    if lacking or not examined:
        yield (
            f"{', '.join(lacking) or 'every stage'}: fewer than"
            f" {settings.GATE_LEAST_RACES} races that both forecast, issued or in a"
            " stored backtest (./run manage backtest)"
        )
    for one in examined:
        for words in one.verdict.objections:
            yield f"{one.stage}, {one.source}: {words}"


def roll_back(*, reason: str, user: Any = None) -> ModelVersion:
    """Give the word back to the last primary whose files are whole.

    The one that loses it is rejected: it speaks no more unless it is promoted.

    Raises
    ------
    PromotionError : there is no primary, or none before it that is whole
    """
    standing = registry.primary()
    if standing is None:
        raise PromotionError("there is no primary model")
    return roll_back_from(standing, reason=reason, user=user)


def roll_back_from(
    version: ModelVersion, *, reason: str, user: Any = None
) -> ModelVersion:
    """Roll back, if the version that is meant is still primary.

    Raises
    ------
    PromotionError : it is not; and as :func:`roll_back`
    """
    earlier = next(filter(registry.is_whole, _once_primary(version)), None)
    with exclusive("models"):
        _check_still_primary(version)
        if earlier is None:
            raise PromotionError(f"before {version} there was no primary that is whole")
        registry.note(version, What.ROLLED_BACK, reason=reason, user=user)
        registry.promote(
            earlier,
            reason=f"rolled back from {version}" + (f": {reason}" if reason else ""),
            user=user,
            before=Status.REJECTED,
        )
    return earlier


def _once_primary(standing: ModelVersion) -> Iterator[ModelVersion]:
    """Versions that were promoted, the newest promotion first."""
    events = ModelEvent.objects.filter(what=What.PROMOTED).select_related("version")
    seen = {standing.pk}
    for event in events.exclude(version__status=Status.REJECTED):
        if event.version_id not in seen:
            seen.add(event.version_id)
            yield event.version


def set_shadow(
    version: ModelVersion, on: bool, *, reason: str = "", user: Any = None
) -> None:
    """Let a version forecast in the shadow, or no more.

    Raises
    ------
    PromotionError : primary, a baseline or harmed; or the shadow is full
    """
    is_whole = not on or registry.is_whole(version)  # notes a fault, come what may
    with exclusive("models"):
        version.refresh_from_db()
        _check_shadow(version, on, is_whole)
        registry.set_shadow(version, on, reason=reason, user=user)


def _check_shadow(version: ModelVersion, on: bool, is_whole: bool) -> None:
    if not on:
        if version.status != Status.SHADOW:
            raise PromotionError(f"{version} is not in the shadow")
    elif version.status == Status.PRIMARY or version.name in BASELINES:
        raise PromotionError(f"{version} forecasts anyway")
    elif not is_whole:
        raise PromotionError(registry.fault_of(version))
    elif not has_room(version):
        raise PromotionError(f"{MOST_SHADOWS} versions are in the shadow; take one out")
