"""Results of one driver, counted for the charts and tables of his page."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from ingestion.models import Circuit, Driver, RaceResult, ResultStatus, WeatherData
from predictions.charts import finishes, starts
from predictions.charts.colours import team_class
from predictions.charts.finishes import FinishRow
from predictions.forecasting.outlook import points_places
from predictions.views import parts
from predictions.views.presenters.careers import (
    CircuitRecord,
    Finishes,
    Starts,
    Tally,
    WetAndDry,
)

N_STARTS = 24  # races of the newest chart from the grid to the flag
FILE_COLUMNS = (
    "season",
    "round",
    "race",
    "circuit",
    "date",
    "team",
    "grid",
    "from_pit_lane",
    "position",
    "status",
    "reason",
    "points",
    "pole",
    "weather",
)


def results_of(driver: Driver) -> list[RaceResult]:
    """One row for each of his races, the newest first. One query.

    Of several cars in one race the best placed.
    """
    rows = (
        RaceResult.objects.filter(driver=driver)
        .select_related("race__circuit", "team")
        .order_by("-race__starts_on", "-race_id", "display_order")
    )
    first: dict[int, RaceResult] = {}
    for row in rows:
        first.setdefault(row.race_id, row)
    return list(first.values())


def finishes_of(results: Sequence[RaceResult]) -> Finishes:
    """How often each place was taken in each season, the oldest first."""
    seasons: dict[tuple[int, int], list[RaceResult]] = defaultdict(list)
    for row in reversed(results):
        seasons[row.race.season_id, row.team_id].append(row)
    rows = [_season(some) for some in seasons.values()]
    return Finishes(
        rows=rows,
        n_places=finishes.n_places(rows),
        most=max((n for row in rows for n in row.counts), default=0),
    )


def _season(results: Sequence[RaceResult]) -> FinishRow:
    year, team = results[0].race.season_id, results[0].team
    places = Counter(row.position for row in results if row.position)
    n_out = len(results) - places.total()
    n_retired = sum(row.is_dnf and not row.position for row in results)
    return FinishRow(
        year=year,
        team_name=team.name,
        team_class=team_class(team.slug),
        counts=tuple(places[n] for n in range(1, max(places, default=0) + 1)),
        n_retired=n_retired,
        n_other=n_out - n_retired,
        n_points=points_places(year),
    )


def starts_of(results: Sequence[RaceResult], season: int | None = None) -> Starts:
    """From the grid to the flag: the races of a season, or the last that there are."""
    if season is None:
        shown = results[:N_STARTS]
        title = (
            f"Grid to finish, last {len(shown)} races"
            if shown[1:]
            else "Grid to finish"
        )
    else:
        shown = [row for row in results if row.race.season_id == season]
        title = f"Grid to finish in {season}"
    started = [_start(row) for row in reversed(shown) if row.did_start]
    return Starts(title=title, races=started, n_missed=len(shown) - len(started))


def _start(row: RaceResult) -> starts.Start:
    return starts.Start(
        code=parts.race_code(row.race),
        race=parts.race_label(row.race),
        team_name=row.team.name,
        team_class=team_class(row.team.slug),
        grid=row.grid,
        from_pit_lane=row.from_pit_lane,
        order=row.position or row.display_order,
        result=parts.result_cell(row).text,
        is_classified=row.is_classified,
        url=parts.race_url(row.race),
    )


def tally(results: Iterable[RaceResult]) -> Tally:
    """Counts and means over the races that he started."""
    rows = [row for row in results if row.did_start]
    places = [row.position for row in rows if row.position]
    gained = [row.grid - row.position for row in rows if row.grid and row.position]
    return Tally(
        n_starts=len(rows),
        n_wins=places.count(1),
        n_podiums=sum(place <= 3 for place in places),
        n_poles=sum(row.has_pole for row in rows),
        best=min(places, default=None),
        mean_place=fmean(places) if places else None,
        n_placed=len(places),
        mean_gained=fmean(gained) if gained else None,
        n_gained=len(gained),
    )


def circuits_of(
    results: Sequence[RaceResult], ahead: Circuit | None
) -> list[CircuitRecord]:
    """His record at each circuit: that of the next race, then by number of starts."""
    visits: dict[Circuit, list[RaceResult]] = defaultdict(list)
    for row in results:
        visits[row.race.circuit].append(row)
    records = [
        CircuitRecord(
            name=circuit.name,
            slug=circuit.slug,
            tally=tally(rows),
            is_next=circuit == ahead,
        )
        for circuit, rows in visits.items()
    ]
    started = [record for record in records if record.tally.n_starts]
    return sorted(started, key=lambda r: (not r.is_next, -r.tally.n_starts, r.name))


def wet_and_dry(
    results: Sequence[RaceResult], weather: Mapping[int, WeatherData]
) -> WetAndDry | None:
    """His results in dry races, and in wet or mixed ones; None if none is known."""
    dry: list[RaceResult] = []
    wet: list[RaceResult] = []
    n_unknown = 0
    for row in results:
        known = weather.get(row.race_id)
        if known is None or not known.condition:
            n_unknown += row.did_start
        else:
            (wet if known.is_wet else dry).append(row)
    if not (dry or wet):
        return None
    rows = [("Dry", tally(dry)), ("Wet or mixed", tally(wet))]
    return WetAndDry(rows=rows, n_unknown=n_unknown)


def file_rows(
    results: Sequence[RaceResult],
    weather: Mapping[int, WeatherData],
    seasons: Collection[int] = (),
) -> list[list[Any]]:
    """A line for each race, the oldest first; see ``FILE_COLUMNS``."""
    return [
        [
            row.race.season_id,
            row.race.round,
            row.race.name,
            row.race.circuit.slug,
            row.race.starts_on.isoformat(),
            row.team.slug,
            row.grid,
            row.from_pit_lane,
            row.position,
            ResultStatus(row.status).value,
            row.reason,
            float(row.points),
            row.has_pole,
            known.condition if (known := weather.get(row.race_id)) else "",
        ]
        for row in reversed(results)
        if not seasons or row.race.season_id in seasons
    ]
