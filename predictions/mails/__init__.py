"""What the site tells by mail: what is wrong with it, forecasts, and how they did."""

from collections.abc import Iterator

from accounts import mails
from accounts.mails import Item, Letter, Tally
from f1site.base import clock, jobs
from predictions.mails import forecasts, troubles
from predictions.tasks import NOTIFY


def items() -> Iterator[Item]:
    """All that there is to tell at the moment, whether or not it was told."""
    yield from troubles.items()
    yield from forecasts.items(clock.now())


def due() -> list[Letter]:
    """Look what is wrong; answer who is to be told what, and was not yet."""
    troubles.look()
    return mails.due(items())


def notify() -> Tally:
    """Send what is due, unless somebody else is at it.

    Raises
    ------
    MailServerAwayError : the rest waits
    """
    with jobs.claimed(f"job {NOTIFY}") as is_ours:
        letters = due() if is_ours else []
        if not letters:
            jobs.idle(NOTIFY)
            return Tally()
        with jobs.recorded(NOTIFY) as run:
            tally = mails.deliver(letters)
            run.counts = {"mails": tally.sent, "refused": tally.refused}
        return tally
