"""A correction of 1976 beside a replay of everything. Needs the archive.

    ./run bench correction --archive PATH

A result of 1976 is corrected, ratings follow from that race on, and the view of
rankings with them. Measured against the full replay in the same database.
"""

import sys
from typing import Any

from benchmarks._scratch import options, say, timed
from f1site.testing.serving import scratch_database

MOST_SECONDS = 5.0
MOST_OF_FULL = 1.2  # of the full replay: two thirds of all races, and the rankings


def main() -> int:
    """Measure, print, and fail when a goal is missed."""
    asked = options(str(__doc__), rounds=1)
    if not asked.archive:
        say("left out: needs --archive PATH, the starter record begins too late")
        return 0
    with scratch_database():
        return measure(asked.archive)


def measure(archive: str) -> int:
    from ingestion.models import Race
    from ingestion.services import import_archive
    from ratings.services import replay_ratings

    import_archive(location=archive)
    replay_ratings()
    race = Race.objects.by_round(1976, 10)
    full = timed(lambda: replay_ratings(full=True))
    before = ratings_now()
    correcting = timed(lambda: disqualify_winner(race))
    rating = timed(replay_ratings)
    moved = sum(row != before.get(key) for key, row in ratings_now().items())
    say(f"full replay               {full:6.2f} s")
    say(f"correction                {correcting:6.2f} s")
    say(f"replay from {race.label}       {rating:6.2f} s = {rating / full:.2f} x full")
    say(f"rankings that moved       {moved:6d}")
    is_met = correcting + rating <= MOST_SECONDS and rating <= MOST_OF_FULL * full
    return 0 if is_met and moved else 1


def disqualify_winner(race: Any) -> None:
    from django.contrib.auth import get_user_model

    from ingestion.models import RaceResult
    from ingestion.services.corrections import correct
    from ingestion.services.edits import Edit

    winner = RaceResult.objects.get(race=race, position=1)
    changed = {"position": None, "status": "disqualified", "is_classified": False}
    author = get_user_model().objects.create(email="editor@example.org")
    correct(edits=[Edit.change(winner, **changed)], author=author, reason="a trial")


def ratings_now() -> dict[int, float]:
    """Driver: rating now."""
    from ratings.models import DriverRanking

    return dict(DriverRanking.objects.values_list("driver_id", "rating"))


if __name__ == "__main__":
    sys.exit(main())
