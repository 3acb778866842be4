"""The strip of figures on the pages of drivers and teams: never an empty cell."""

from collections.abc import Iterator, Mapping
from typing import Any

from ingestion.models import Driver
from predictions.charts import words
from predictions.models import Prediction
from predictions.views import parts
from predictions.views.presenters.frame import Kpi
from ratings.meetings import Z95
from ratings.models import DriverRanking
from ratings.queries import RatingRow

N_KPIS = 4
CAREER = {"Wins": "n_wins", "Podiums": "n_podiums", "Poles": "n_poles"}
#: A team counts races: two cars on the podium are one of them.
TEAM_CAREER = {"Wins": "n_wins", "Podium races": "n_podiums", "Poles": "n_poles"}


def of_driver(
    driver: Driver, career: Mapping[str, Any], ahead: Prediction | None
) -> list[Kpi]:
    """Rating, peak and the next race; of who does not race, the career. Two queries.

    Parameters
    ----------
    career : counts as of ``statistics.career``
    ahead : what the newest forecast of the next race says of the driver
    """
    ranking = DriverRanking.objects.select_related("peak_race").filter(driver=driver)
    told = [*_ratings(ranking.first()), *_chances(ahead)]
    told += _career(career, CAREER, "start")
    return told[:N_KPIS]


def of_team(rating: RatingRow | None, n: int, career: Mapping[str, Any]) -> list[Kpi]:
    """Rating of the car among those of ``n``, and what the team has won."""
    told = list(_career(career, TEAM_CAREER, "race"))
    if rating is not None:
        error = Z95 * rating.deviation
        told.insert(0, _rating("Rating of the car", rating, error, rating.rank, n))
    return told


def _ratings(ranking: DriverRanking | None) -> Iterator[Kpi]:
    if ranking is None:
        return
    if ranking.active_rank is not None:
        n = DriverRanking.objects.filter(active_rank__isnull=False).count()
        error = Z95 * ranking.deviation
        yield _rating("Race rating", ranking, error, ranking.active_rank, n)
    if ranking.peak is not None and ranking.peak_race is not None:
        race = ranking.peak_race
        yield Kpi(
            label="Peak rating",
            figure=f"{ranking.peak:.0f}",
            note=parts.race_label(race).replace(" Grand Prix", ""),
            url=parts.race_url(race),
        )


def _rating(
    label: str, rated: DriverRanking | RatingRow, error: float, rank: int, n: int
) -> Kpi:
    return Kpi(
        label=label,
        figure=f"{rated.rating:.0f}",
        note=f"± {error:.0f} (95{words.THIN}%) · {words.ordinal(rank)} of {n}",
    )


def _chances(ahead: Prediction | None) -> Iterator[Kpi]:
    if ahead is None:
        return
    race = ahead.race.name.replace(" Grand Prix", "")
    grid = f", from {words.ordinal(ahead.grid)}" if ahead.grid else ""
    yield Kpi(
        label="Next race: win",
        figure=words.percent(ahead.p_win),
        note=f"{words.frequency(ahead.p_win)} · {race}{grid}",
        url=parts.race_url(ahead.race),
    )
    yield Kpi(
        label="Next race: podium",
        figure=words.percent(ahead.p_podium),
        note=f"{words.frequency(ahead.p_podium)} · 80{words.THIN}% range"
        f" {ahead.low} to {ahead.high}",
    )


def _career(
    career: Mapping[str, Any], labels: Mapping[str, str], unit: str
) -> Iterator[Kpi]:
    n_starts = career["n_starts"]
    if not n_starts:
        return
    for label, key in labels.items():
        share = f"{100 * career[key] / n_starts:.0f}{words.THIN}%"
        starts = unit if n_starts == 1 else f"{unit}s"
        yield Kpi(
            label=label, figure=str(career[key]), note=f"{share} of {n_starts} {starts}"
        )
