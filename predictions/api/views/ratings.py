"""Ratings as they stand, and what moved them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from f1site.base import clock
from ingestion.queries import record_since
from predictions.api import filters, schema
from predictions.api.examples import ratings as examples
from predictions.api.serializers import forecasts as serializers
from predictions.api.views.base import Listing, ReadList
from ratings import queries
from ratings.models import DriverRanking, RatingChange

TABLES = {"driver": queries.driver_ratings, "team": queries.team_ratings}


@schema.a_list(
    "ratings",
    "Ratings",
    examples.RATING,
    serializers.RatingOut,
    parameters=[serializers.RatingQuery],
)
class Ratings(Listing[RatingChange]):
    """Elo ratings of drivers or teams, now or as of a day, the best first."""

    filter_backends = []
    serializer_class = serializers.RatingOut  # type: ignore[assignment] # no rows

    def get(self, request: Request) -> Response:
        asked = serializers.RatingQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        rows = TABLES[wanted["of"]](
            _end_of(wanted.get("as_of")),
            wanted["kind"],
            include_inactive=not wanted["active"],
        )
        page = self.paginate_queryset(rows)
        context = {"of": wanted["of"]}
        shown = self.get_serializer(page, many=True, context=context)
        return self.get_paginated_response(shown.data)


def _end_of(day: date | None) -> datetime | None:
    if day is None or day > clock.now().date():
        return None
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


@schema.a_list("ratings", "Rating changes", examples.CHANGE, serializers.ChangeRow)
class RatingChanges(ReadList[RatingChange]):
    """How each race moved each rating: before, expected, actual, K, after."""

    serializer_class = serializers.ChangeRow
    filterset_class = filters.RatingChangeFilter
    queryset = RatingChange.objects.select_related("race", "driver", "team")
    orderings = {"starts_on": "race__starts_on", "after": "after"}
    default_ordering = ["-race__starts_on", "-after"]


@schema.a_list("ratings", "Rankings", examples.RANKING, serializers.RankingRow)
class Rankings(ReadList[DriverRanking]):
    """All drivers on record by rating, with peaks and careers."""

    serializer_class = serializers.RankingRow
    filterset_class = filters.RankingFilter
    queryset = DriverRanking.objects.select_related(
        "peak_race", "three_year_race", "as_of_race"
    )
    search_fields = ["name", "slug"]
    orderings = {
        "rank": "rank",
        "rating": "rating",
        "peak": "peak",
        "three_year_rank": "three_year_rank",
        "wins": "wins",
        "starts": "starts",
        "points": "points",
    }
    default_ordering = ["rank", "slug"]

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "record_since": record_since()}
