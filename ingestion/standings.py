"""The championships of a season, after any of its rounds."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from ingestion.models import DriverStanding, Race, RaceResult, Team


@dataclass
class SeasonUntil:
    """Who won, and drove for whom, in the races of a season up to a round."""

    wins: Counter[tuple[str, int]] = field(default_factory=Counter)
    teams: dict[int, dict[int, Team]] = field(default_factory=dict)

    @classmethod
    def of(cls, race: Race) -> "SeasonUntil":
        """One query."""
        season = cls()
        rows = RaceResult.objects.filter(
            race__season=race.season_id, race__round__lte=race.round
        )
        for row in rows.select_related("team").order_by(
            "race__round", "is_shared_car", "display_order"
        ):
            season.teams.setdefault(row.driver_id, {})[row.team_id] = row.team
            if row.position == 1:
                season.wins["driver", row.driver_id] += 1
                season.wins["team", row.team_id] += not row.is_shared_car
        return season


def ranked_races() -> QuerySet[Race]:
    """The races after which the record has a championship, the oldest first."""
    ranked = DriverStanding.objects.filter(race=OuterRef("pk"))
    return Race.objects.filter(Exists(ranked)).order_by("season_id", "round")
