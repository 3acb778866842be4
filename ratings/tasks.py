"""Background jobs of the ratings."""

from f1site.base import jobs
from f1site.base.work import task
from ratings import services


@task()
def replay_ratings_task() -> str:
    with jobs.recorded("rate") as run:
        said = str(services.replay_ratings())
        run.counts = {"rated": said}
    return said


@task()
def refresh_rankings_task() -> None:
    """Careers move without ratings: points and starts are in the same view."""
    with jobs.scheduled("rankings", jobs.night()) as run:
        if run is not None:
            services.refresh_rankings()


#: By their name in the job ledger.
NIGHTLY = {"rankings": refresh_rankings_task}
