"""Background jobs of the ratings."""

from celery import shared_task

from ratings import services


@shared_task
def replay_ratings_task() -> str:
    return str(services.replay_ratings())


@shared_task
def refresh_rankings_task() -> None:
    """Careers move without ratings: points and starts are in the same view."""
    services.refresh_rankings()
