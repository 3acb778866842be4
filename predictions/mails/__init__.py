"""What the site tells by mail: what is wrong with it, forecasts, and how they did."""

from collections.abc import Iterator

from accounts import mails
from accounts.mails import Item, Tally
from f1site.base import clock, jobs
from predictions import troubles as places
from predictions.mails import forecasts, troubles
from predictions.tasks import NOTIFY


def items() -> Iterator[Item]:
    """All that there is to tell at the moment, whether or not it was told."""
    yield from troubles.items()
    yield from forecasts.items(clock.now())


def notify() -> Tally:
    """Look what is wrong, then tell what is due, unless somebody else is at it.

    Raises
    ------
    MailServerAwayError : the rest waits
    """
    with jobs.claimed(f"job {NOTIFY}") as is_ours:
        if not is_ours:
            return Tally()
        try:
            places.look()
            found = list(items())
            is_due = any(True for _ in mails.due(found))
        except Exception:
            with jobs.recorded(NOTIFY):
                raise
        if not is_due:
            jobs.idle(NOTIFY)
            return Tally()
        with jobs.recorded(NOTIFY) as run:
            tally = mails.deliver(found)
            run.counts = {"mails": tally.sent, "not sent": tally.failed}
        return tally
