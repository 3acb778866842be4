"""Background jobs of the foundation: they look after the other jobs."""

from f1site.base import jobs, outbox
from f1site.base.work import task


@task(limit_s=60, tries_again=0)
def sweep_task() -> str:
    """Every minute: send what the queue has not taken, tell which runs are lost."""
    counts = {"sent": outbox.sweep(), "lost": jobs.tell_lost()}
    if not any(counts.values()):
        jobs.idle("sweep")
        return ""
    with jobs.recorded("sweep") as run:
        run.counts = {name: n for name, n in counts.items() if n}
    return str(run.counts)


@task()
def tidy_task() -> None:
    """Every night: let go of old runs and of messages that were settled."""
    with jobs.scheduled("tidy", jobs.night()) as run:
        if run is not None:
            run.counts = {"runs": jobs.forget(), "messages": outbox.forget()}


#: By their name in the job ledger.
NIGHTLY = {"tidy": tidy_task}
