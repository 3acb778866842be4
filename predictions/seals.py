"""The state of the chain of sealed forecasts, as it was last walked."""

from dataclasses import dataclass
from datetime import datetime

from f1site.base import changes, clock, jobs
from f1site.base.models import JobRun
from predictions import sealing
from predictions.models import Forecast
from predictions.sealing import Fault

#: By this name in the job ledger.
JOB = "seals"


@dataclass(frozen=True)
class Check:
    """What a walk along the chain found.

    Attributes
    ----------
    at : UTC
    last : key of the newest forecast that it saw, 0 without any
    first : the first fault in words, "" without any
    """

    at: datetime
    n_forecasts: int
    last: int
    n_faults: int
    first: str


def walk() -> tuple[Check, list[Fault]]:
    """Recompute every hash; takes a few milliseconds a forecast."""
    keys = Forecast.objects.order_by("-id").values_list("pk", flat=True)
    last, n = keys.first() or 0, Forecast.objects.count()
    found = list(sealing.faults())
    first = f"forecast {found[0].forecast} {found[0].reason}" if found else ""
    return Check(clock.now(), n, last, len(found), first), found


def checked() -> tuple[Check, list[Fault]]:
    """Walk along the chain and leave what was found where pages read it."""
    with jobs.recorded(JOB) as run:
        check, found = walk()
        note(run, check)
    changes.note()
    return check, found


def note(run: JobRun, check: Check) -> None:
    """Keep what was found in the job ledger, from where pages read it.

    That ledger is not watched: once the run is done, ``changes.note`` has to be told.
    """
    run.counts = {
        "forecasts": check.n_forecasts,
        "last": check.last,
        "faults": check.n_faults,
        "first": check.first,
    }


def last_check() -> tuple[Check | None, int]:
    """The newest walk that came to its end, and how many forecasts came since."""
    done = JobRun.objects.filter(name=JOB, outcome=JobRun.Outcome.DONE)
    run = done.order_by("-pk").first()  # a clock may have stood
    if run is None or run.finished_at is None:
        return None, Forecast.objects.count()
    told = run.counts
    check = Check(
        run.finished_at,
        told["forecasts"],
        told["last"],
        told["faults"],
        told["first"],
    )
    return check, Forecast.objects.filter(pk__gt=check.last).count()
