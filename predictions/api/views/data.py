"""How whole and how fresh the record is."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from f1site.base import clock
from ingestion import completeness, condition, queries
from predictions.api import schema
from predictions.api.examples import data as examples
from predictions.api.serializers.data import HealthOut, HealthQuery
from predictions.api.views.base import Readable


@schema.described(
    "data",
    "Data health",
    examples.DATA_HEALTH,
    answer=HealthOut,
    text="What the record holds of each season, how old its sources are, and what"
    " is open.",
    errors={400: schema.BAD_VALUE},
    parameters=[HealthQuery],
)
class DataHealth(Readable):
    """Completeness by season and kind, sources, imports, and what is open."""

    follows_data = False

    def get(self, request: Request) -> Response:
        asked = HealthQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        report = HealthOut(
            health(asked.validated_data.get("season")), context={"request": request}
        )
        return Response(report.data)


def health(year: int | None) -> dict[str, Any]:
    """All that the answer says; ``year`` narrows down the completeness."""
    found, (in_force, conflicts) = condition.findings(), condition.corrections()
    return {
        "as_of": clock.now(),
        "record_since": queries.record_since(),
        "newest_result": queries.record_until(),
        "without_result": condition.without_result(),
        "completeness": [
            season
            for season in completeness.by_season()
            if year is None or season.year == year
        ],
        "sources": condition.sources(),
        "freshness": [
            {"kind": kind, "confirmed_at": moment}
            for kind, moment in condition.heard().items()
        ],
        "imports": condition.imports(),
        "findings": {
            "disagreements": found.n_disagreements,
            "unknown_names": found.n_unknown,
        },
        "corrections": {"in_force": in_force, "conflicts": conflicts},
    }
