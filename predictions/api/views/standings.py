"""The championships after any round."""

from ingestion.models import DriverStanding, TeamStanding
from predictions.api import filters, schema
from predictions.api.examples import standings as examples
from predictions.api.pagination import OnePage
from predictions.api.serializers import standings as serializers
from predictions.api.views.base import M, ReadList

TEXT = (
    "The championship as it stood after a round, in published order: after the newest"
    " one unless `season` and `round` say otherwise. Points are never summed up anew:"
    " up to 1990 only the best results counted, and exclusions happen."
)


class Standings(ReadList[M]):
    """Rows of a championship after one round."""

    pagination_class = OnePage
    orderings = {"position": "display_order", "points": "points"}
    default_ordering = ["display_order"]


@schema.a_list(
    "standings",
    "Standings of drivers",
    examples.OF_DRIVERS,
    serializers.DriverStandingRow,
    text=TEXT,
)
class DriverStandings(Standings[DriverStanding]):
    """The drivers' championship after a round."""

    serializer_class = serializers.DriverStandingRow
    filterset_class = filters.StandingFilter
    queryset = DriverStanding.objects.select_related("race", "driver")


@schema.a_list(
    "standings",
    "Standings of teams",
    examples.OF_TEAMS,
    serializers.TeamStandingRow,
    text=f"{TEXT} Teams were ranked with their engine: one may stand twice.",
)
class TeamStandings(Standings[TeamStanding]):
    """The constructors' championship after a round."""

    serializer_class = serializers.TeamStandingRow
    filterset_class = filters.StandingFilter
    queryset = TeamStanding.objects.select_related("race", "team")
