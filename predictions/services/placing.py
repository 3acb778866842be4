"""What becomes of a version by itself; all else goes through the gate."""

from f1site.base.jobs import exclusive
from predictions import registry
from predictions.forecasting.models import BASELINES, PRIMARY
from predictions.models import ModelVersion
from predictions.registry import Status

#: Versions that forecast in the shadow at the most.
MOST_SHADOWS = 3


def has_room(version: ModelVersion) -> bool:
    """Whether the shadow has a place for it; one of its name makes way."""
    others = [one for one in registry.shadows() if one.name != version.name]
    return len(others) < MOST_SHADOWS


def place(version: ModelVersion, *, is_new: bool) -> None:
    """What becomes of a version that was fitted, or stood already.

    The first of the primary model is promoted. A later fit of a configuration takes
    the place of the earlier one, as primary or in the shadow. A configuration that is
    new goes into the shadow if there is room: it becomes primary only by the gate,
    or where the code can no longer read the one that speaks.
    """
    with exclusive("models"):
        version.refresh_from_db()
        _place(version, is_new)


def _place(version: ModelVersion, is_new: bool) -> None:
    standing = registry.primary()
    if standing is None and version.name == PRIMARY:
        registry.promote(version, reason="the first of its kind")
    elif standing is not None and _takes_over(version, standing):
        registry.promote(version, reason=f"fitted anew after {standing}")
    elif standing is not None and _is_left_speechless(standing, version):
        fault = registry.fault_of(standing)
        registry.promote(version, reason=f"nobody else could speak: {fault}")
    elif is_new and version.name not in BASELINES:
        _place_in_shadow(version)


def _place_in_shadow(version: ModelVersion) -> None:
    others = ModelVersion.objects.filter(name=version.name).exclude(pk=version.pk)
    kin = [other for other in others if other.is_same_kind(version)]
    before = next((one for one in kin if one.status == Status.SHADOW), None)
    if before is not None and _takes_over(version, before):
        reason = f"fitted anew after {before}"
    elif not kin and has_room(version):
        reason = "a new configuration"
    else:
        return
    registry.set_shadow(version, True, reason=reason)


def _is_left_speechless(standing: ModelVersion, version: ModelVersion) -> bool:
    """Whether the primary can neither speak nor be fitted again by today's code."""
    if standing.name != version.name or registry.is_current(standing):
        return False
    return version.status != Status.REJECTED and not registry.is_whole(standing)


def _takes_over(version: ModelVersion, standing: ModelVersion) -> bool:
    """Whether it is another fit of the same configuration and knows no less."""
    if version == standing or not version.is_same_kind(standing):
        return False
    if version.status == Status.REJECTED:
        return False
    if version.cutoff is None or standing.cutoff is None:
        return False
    return version.cutoff.starts_on >= standing.cutoff.starts_on
