"""What pages show of a race's forecasts: stages, rows, matrix, words."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.urls import reverse

from ingestion.models import Race, RaceResult
from predictions import queries
from predictions.charts.colours import team_class
from predictions.models import Forecast, Prediction, Stage
from predictions.views import parts
from predictions.views.presenters.race import (
    STAGE_LABELS,
    ForecastHead,
    ForecastRow,
    HeatRow,
    StageTab,
)
from predictions.views.presenters.sentences import lead_sentence, likely_podium, movers
from predictions.withdrawals import remaining

STAGES = list(Stage.values)


def forecast_context(
    race: Race,
    *,
    asked: str,
    base_url: str,
    results: Mapping[int, RaceResult] = MappingProxyType({}),
    keep: str = "",
) -> dict[str, Any]:
    """Everything about the forecasts of a race, at the stage that is asked for.

    Without a stage (or with one that was never issued) the newest speaks. Beside the
    chances stand the ``results`` of the drivers, once known; links ``keep`` what else
    was asked for.
    """
    issued = queries.latest_by_stage(race)
    stages = [stage for stage in STAGES if stage in issued]
    stage = asked if asked in issued else (stages[-1] if stages else "")
    tabs = stage_tabs(issued, active=stage, base_url=base_url, keep=keep)
    if not stage:
        return {"stages": tabs, "forecast": None, "rows": []}
    forecast = issued[stage]
    before = issued.get(_stage_before(stages, stage))
    now = remaining(forecast)
    rows = forecast_rows(now.rows, before, results)
    return {
        "stages": tabs,
        "forecast": forecast_head(race, forecast, before, n_drivers=len(rows)),
        "rows": rows,
        "heat": heat_rows(now.rows),
        "withdrawn": [driver.name for driver in now.withdrawn],
        "shown": forecast,
        "before": before,
        "lead": lead_sentence(rows, where=f"in {race.circuit.place}"),
        "podium": likely_podium(rows),
        "movers": movers(rows) if before else [],
    }


def _stage_before(stages: Sequence[str], stage: str) -> str:
    index = stages.index(stage)
    return stages[index - 1] if index else ""


def stage_tabs(
    issued: dict[str, Forecast], *, active: str, base_url: str, keep: str = ""
) -> list[StageTab]:
    return [
        StageTab(
            stage=stage,
            label=STAGE_LABELS[stage],
            state=_state(issued.get(stage)),
            url=f"{base_url}?stage={stage}{keep}" if stage in issued else "",
            is_active=stage == active,
        )
        for stage in STAGES
    ]


def _state(forecast: Forecast | None) -> str:
    if forecast is None:
        return "not issued"
    at = forecast.issued_at
    return f"{at:%a} {at.day} {at:%b %Y}" + (", late" if forecast.late else "")


def forecast_head(
    race: Race, forecast: Forecast, before: Forecast | None, *, n_drivers: int
) -> ForecastHead:
    version = forecast.model_version
    api = reverse("api:predictions", args=[race.season_id, race.round])
    return ForecastHead(
        model_label=str(version),
        model_url=parts.model_url(version),
        stage=forecast.stage,
        stage_label=STAGE_LABELS[forecast.stage],
        issued_at=forecast.issued_at,
        content_hash=forecast.content_hash,
        n_drivers=n_drivers,
        as_of=forecast.as_of,
        knew=forecast.knew,
        data_grade=grade_words(forecast),
        late=forecast.late,
        stored_at=forecast.stored_at if forecast.is_by_stopped_clock else None,
        starts_at=race.starts_at,
        previous_stage_label=STAGE_LABELS[before.stage] if before else "",
        permanent_url=reverse("api:forecast", args=[forecast.content_hash]),
        json_url=f"{api}?stage={forecast.stage}&format=json",
    )


def grade_words(forecast: Forecast) -> str:
    """Nothing where nothing was missing; earlier releases did not note it."""
    if not forecast.gaps:
        return ""
    return f"Data grade {forecast.data_grade}: {', '.join(forecast.gaps)}"


def forecast_rows(
    predictions: Sequence[Prediction],
    before: Forecast | None,
    results: Mapping[int, RaceResult],
) -> list[ForecastRow]:
    """Rows of a forecast, the favourite first; results beside them once known."""
    earlier = (
        {row.driver_id: row.p_win for row in remaining(before).rows} if before else {}
    )
    teams: set[int] = set()
    rows = []
    for rank, row in enumerate(predictions, start=1):
        is_second = row.team_id in teams
        teams.add(row.team_id)
        rows.append(
            forecast_row(
                row,
                rank=rank,
                before=earlier.get(row.driver_id),
                result=results.get(row.driver_id),
                is_second_car=is_second,
            )
        )
    return rows


def forecast_row(
    row: Prediction,
    *,
    rank: int,
    before: float | None,
    result: RaceResult | None,
    is_second_car: bool,
) -> ForecastRow:
    return ForecastRow(
        position_rank=rank,
        driver_name=row.driver.name,
        driver_slug=row.driver.slug,
        code=parts.code_of(row.driver),
        car_number=parts.car_number(row.car_number),
        team_name=row.team.name,
        team_slug=row.team.slug,
        team_class=team_class(row.team.slug),
        is_second_car=is_second_car,
        p_win=row.p_win,
        p_podium=row.p_podium,
        p_points=row.p_points,
        p_dnf=row.p_dnf,
        expected_position=row.expected_position,
        low=row.low,
        high=row.high,
        p_win_before=before,
        grid=row.grid,
        is_favorite=row.is_favorite,
        result=parts.result_cell(result) if result else None,
    )


def heat_rows(predictions: Sequence[Prediction]) -> list[HeatRow]:
    """Driver x place, ordered by expected place."""
    rows = sorted(predictions, key=lambda row: row.expected_position)
    return [
        HeatRow(
            code=parts.code_of(row.driver),
            name=row.driver.name,
            slug=row.driver.slug,
            team_class=team_class(row.team.slug),
            shares=row.positions,
        )
        for row in rows
    ]
