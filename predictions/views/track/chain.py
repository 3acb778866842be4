"""What the track record says of the chain of sealed forecasts."""

from predictions import seals
from predictions.views.presenters.record import ChainState

COMMAND = "manage.py verify_forecasts"


def chain_state() -> ChainState:
    """As the last walk found it, and how many came since. Two queries."""
    check, n_since = seals.last_check()
    if check is None:
        text = (
            f"{_forecasts(n_since)} in the chain, not checked yet."
            if n_since
            else "No forecast in the chain yet."
        )
        note = f"The chain is walked every night at 03:15 UTC, and by “{COMMAND}”."
        return ChainState(text=text, note=note)
    at = f"{check.at:%-d %b %Y, %H:%M} UTC"
    since = f" {_forecasts(n_since)} issued since then." if n_since else ""
    note = (
        f"Walked on {at} by “{COMMAND}” or its nightly run: every hash, of the"
        f" forecast, its rows and its inputs, was computed again.{since}"
    )
    if check.n_faults:
        text = (
            f"Broken: {check.n_faults} fault{'s' * (check.n_faults != 1)} among"
            f" {_forecasts(check.n_forecasts)}. The first: {check.first}."
        )
        return ChainState(text=text, is_broken=True, note=note)
    return ChainState(
        text=f"{_forecasts(check.n_forecasts)}, an unbroken chain.", note=note
    )


def _forecasts(n: int) -> str:
    return f"{n:,} forecast{'s' * (n != 1)}"
