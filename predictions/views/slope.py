"""Forecast places beside those of a result, for the slopes of a review."""

from collections.abc import Sequence

from django.urls import reverse

from predictions.charts.slope import Car, Move, moves
from predictions.views.presenters.race import ForecastRow
from predictions.views.presenters.sentences import favourites_of
from predictions.views.versions import Edition

#: More drivers than these at the top of a forecast are no favourites.
MOST_FAVOURITES = 3


def slopes(rows: Sequence[ForecastRow], shown: Edition) -> list[Move]:
    """The move of each driver of a forecast who is in the result that is shown."""
    finishes = shown.results.values()
    order = {finish.driver.slug: n for n, finish in enumerate(finishes, start=1)}
    top = favourites_of(rows)
    favourites = top if len(top) <= MOST_FAVOURITES else []
    return moves(
        [
            Car(
                code=row.code,
                name=row.driver_name,
                team_class=row.team_class,
                expected=row.expected_position,
                order=order[row.driver_slug],
                result=row.result.text,
                is_classified=row.result.position is not None,
                is_favourite=row in favourites,
                is_second_car=row.is_second_car,
                url=reverse("driver", args=[row.driver_slug]),
            )
            for row in rows
            if row.result and row.driver_slug in order
        ]
    )
