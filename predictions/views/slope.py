"""What the slopes of a race page lead from and to: stages, and the result."""

from collections.abc import Sequence

from django.urls import reverse

from predictions.charts.slope import Car, Move, moves
from predictions.charts.stages import Path
from predictions.models import Forecast, Prediction
from predictions.views.presenters.race import ForecastRow
from predictions.views.presenters.sentences import favourites_of
from predictions.views.versions import Edition

#: More drivers than these at the top of a forecast are no favourites.
MOST_FAVOURITES = 3
#: Drivers whose chances are drawn over the stages.
N_PATHS = 6


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


def stage_paths(rows: Sequence[ForecastRow], issued: Sequence[Forecast]) -> list[Path]:
    """The chances to win of the leading drivers in each forecast of one model."""
    if len(issued) < 2:
        return []
    leading = sorted(rows, key=lambda row: -row.p_win)[:N_PATHS]
    known = Prediction.objects.filter(
        race_id=issued[0].race_id,
        forecast__in=issued,
        driver__slug__in=[row.driver_slug for row in leading],
    ).values_list("forecast_id", "driver__slug", "p_win")
    chances = {(forecast, slug): p_win for forecast, slug, p_win in known}
    return [
        Path(
            code=row.code,
            name=row.driver_name,
            team_class=row.team_class,
            chances=[chances.get((each.pk, row.driver_slug)) for each in issued],
            is_second_car=row.is_second_car,
            url=reverse("driver", args=[row.driver_slug]),
        )
        for row in leading
    ]
