"""How ranks moved: the table of ratings as it stood some races ago."""

from datetime import UTC, datetime, time, timedelta

from django.db.models import Exists, OuterRef

from ingestion.models import Race
from ratings.models import RatedRace, RatingChange
from ratings.queries import RatingRow, driver_ratings, team_ratings
from ratings.strengths import started_before

TABLES = {"driver": driver_ratings, "team": team_ratings}
MOMENT = timedelta(microseconds=1)


def ranks_ago(of: str, kind: str, as_of: datetime, n_races: int) -> dict[str, int]:
    """Ranks as the table had them before the newest races of that kind.

    Who was not in that table has none: it holds those rated in the season of its
    newest race. Three queries at most.

    Parameters
    ----------
    of : driver or team
    kind : race or qualifying
    as_of : races that started later are not known
    n_races : how many of the newest to take away; fewer in all: nobody had a rank

    Returns
    -------
    ranks from 1 by slug of the driver, or chain of renamed teams
    """
    rated = RatingChange.objects.filter(kind=kind, race_id=OuterRef("race_id"))
    races = RatedRace.objects.filter(started_before(as_of)).filter(Exists(rated))
    found = races.select_related("race").order_by("-sequence")
    if not (then := list(found[n_races : n_races + 1])):
        return {}
    table = TABLES[of](_just_after(then[0].race), kind)
    return {key_of(row, of): row.rank for row in table}


def key_of(row: RatingRow, of: str) -> str:
    """What names the subject of a row at all times: a team's name may change."""
    return row.slug if of == "driver" else row.lineage


def _just_after(race: Race) -> datetime:
    """A moment at which that race is known; where the hour is not, the day after."""
    if race.starts_at:
        return race.starts_at + MOMENT
    return datetime.combine(race.starts_on + timedelta(days=1), time(), UTC)
