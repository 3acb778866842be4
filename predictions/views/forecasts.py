"""What pages show of a race's forecasts: stages, rows, matrix, words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from django.urls import reverse

from ingestion import queries as record
from ingestion.models import Race, SessionKind
from ingestion.models.results import Finish
from predictions import queries
from predictions.charts.colours import team_class
from predictions.forecasting.models import BASELINES
from predictions.forecasting.outlook import Outlook, points_places
from predictions.gaps import LAST_LINEUP
from predictions.models import Forecast, Prediction
from predictions.views import parts
from predictions.views.downloads import FORMS
from predictions.views.presenters.frame import Choice
from predictions.views.presenters.race import (
    STAGE_LABELS,
    ForecastHead,
    ForecastRow,
    HeatRow,
    MateDuel,
)
from predictions.views.presenters.sentences import lead_sentence, likely_podium, movers
from predictions.views.slope import stage_paths
from predictions.views.stages import STAGES, stage_tabs, timetable, weekend_begins
from predictions.withdrawals import remaining


@dataclass(frozen=True)
class Picked:
    """The forecast that is asked for, among what was issued of a race."""

    forecast: Forecast | None
    before: Forecast | None  # of the same model, at the stage before
    by_stage: dict[str, Forecast]  # what each tab leads to
    models: list[Forecast]  # all of the stage, ours first; then shadows, baselines
    model: str  # that links carry on; empty for ours
    own: dict[str, Forecast]  # the stages of the model that speaks, in their order


def pick(race: Race, kind: str, *, stage: str, model: str) -> Picked:
    """Without a stage (or with one that was never issued) the newest speaks.

    Where the model that is asked for said nothing of the stage, ours does.
    """
    issued = queries.latest_by_model(race, kind)
    ours = issued.get(queries.OURS, {})
    model = model if model in issued else queries.OURS
    named = issued.get(model, {})
    by_stage = {
        each: named.get(each) or ours[each]
        for each in STAGES
        if each in named or each in ours
    }
    stage = stage if stage in by_stage else next(reversed(by_stage), "")
    own = named if stage in named else ours
    stages = list(own)
    return Picked(
        forecast=by_stage.get(stage),
        before=own.get(_stage_before(stages, stage)) if stage else None,
        by_stage=by_stage,
        models=sorted(
            (each[stage] for each in issued.values() if stage in each), key=_standing
        ),
        model=model,
        own={each: own[each] for each in STAGES if each in own},
    )


def _standing(forecast: Forecast) -> tuple[bool, bool, str]:
    name = forecast.model_version.name
    return not forecast.is_primary, name in BASELINES, name


def forecast_context(
    race: Race,
    *,
    kind: str = SessionKind.RACE,
    asked: str,
    model: str = queries.OURS,
    base_url: str,
    results: Mapping[int, Finish] = MappingProxyType({}),
    keep: str = "",
) -> dict[str, Any]:
    """Everything about the forecasts of a race or its sprint, at a stage, by a model.

    Beside the chances stand the ``results`` of the drivers, once known; links ``keep``
    what else was asked for.
    """
    picked = pick(race, kind, stage=asked, model=model)
    forecast, before = picked.forecast, picked.before
    stage = forecast.stage if forecast else ""
    kept = keep + (f"&model={picked.model}" if picked.model else "")
    sessions = timetable(race)
    tabs = stage_tabs(
        *(race, kind, picked.by_stage, sessions),
        active=stage,
        base_url=base_url,
        keep=kept,
    )
    if forecast is None:
        return {
            "stages": tabs,
            "forecast": None,
            "rows": [],
            "model": "",
            "weekend_begins": weekend_begins(sessions),
            "has_lineup": record.lineup(race).exists,  # asked by what prints it
        }
    now = remaining(forecast)
    rows = forecast_rows(now.rows, before, results)
    head = forecast_head(race, forecast, before, n_drivers=len(rows), keep=kept)
    return {
        "stages": tabs,
        "models": model_choices(picked, base_url=base_url, keep=keep),
        "forecast": head,
        "rows": rows,
        "heat": heat_rows(now.rows, points_places(race.season_id, kind)),
        "mates": mate_duels(now.rows, results),
        "withdrawn": [driver.name for driver in now.withdrawn],
        "is_last_lineup": LAST_LINEUP in forecast.gaps,
        "shown": forecast,
        "before": before,
        "lead": lead_sentence(rows, where=_where(race, kind)),
        "podium": likely_podium(rows),
        "movers": movers(rows) if before else [],
        "stage_names": [STAGE_LABELS[each] for each in picked.own],
        "stage_paths": stage_paths(rows, list(picked.own.values())),
        "model": picked.model,
        "keep": kept,
        "files": card_files(race, forecast, kept),
    }


def card_files(race: Race, forecast: Forecast, keep: str) -> dict[str, str]:
    """Addresses of what is shown as files, by card and form."""
    name, key = f"{forecast.kind}-file", [race.season_id, race.round]
    return {
        f"{card}_{form}": f"{reverse(name, args=[*key, card, form])}"
        f"?stage={forecast.stage}{keep}"
        for card in ("forecast", "mates", "scores", "why", "changes")
        for form in FORMS
    }


def model_choices(picked: Picked, *, base_url: str, keep: str) -> list[Choice]:
    """Who else spoke at the stage that is shown; nothing where nobody did."""
    if len(picked.models) < 2:
        return []
    return [
        Choice(
            label=_model_label(each),
            url=f"{base_url}?stage={each.stage}{keep}"
            + ("" if each.is_primary else f"&model={each.model_version.name}"),
            is_active=each == picked.forecast,
        )
        for each in picked.models
    ]


def _model_label(forecast: Forecast) -> str:
    if forecast.is_primary:
        return f"{forecast.model_version}, ours"
    what = "in the shadow" if queries.is_shadow(forecast) else "baseline"
    return f"{forecast.model_version}, {what}"


def _where(race: Race, kind: str) -> str:
    what = "in the sprint in" if kind == SessionKind.SPRINT else "in"
    return f"{what} {race.circuit.place}"


def _stage_before(stages: Sequence[str], stage: str) -> str:
    index = stages.index(stage)
    return stages[index - 1] if index else ""


def forecast_head(
    race: Race,
    forecast: Forecast,
    before: Forecast | None,
    *,
    n_drivers: int,
    keep: str = "",
) -> ForecastHead:
    version = forecast.model_version
    files = card_files(race, forecast, keep)
    api = reverse("api:predictions", args=[race.season_id, race.round])
    asked = f"kind={forecast.kind}&" if forecast.kind == SessionKind.SPRINT else ""
    if not forecast.is_primary:
        asked += f"model={version.name}&version={version.version}&"
    return ForecastHead(
        model_label=str(version),
        model_url=parts.model_url(version),
        stage=forecast.stage,
        stage_label=STAGE_LABELS[forecast.stage],
        issued_at=forecast.issued_at,
        content_hash=forecast.content_hash,
        n_drivers=n_drivers,
        knew=forecast.knew,
        data_grade=grade_words(forecast),
        late=forecast.late,
        is_ours=forecast.is_primary,
        stored_at=forecast.stored_at if forecast.is_by_stopped_clock else None,
        starts_at=_starts_at(race, forecast.kind),
        previous_stage_label=STAGE_LABELS[before.stage] if before else "",
        permanent_url=reverse("api:forecast", args=[forecast.content_hash]),
        csv_url=files["forecast_csv"],
        json_url=f"{api}?{asked}stage={forecast.stage}&format=json",
    )


def _starts_at(race: Race, kind: str) -> datetime | None:
    if kind == SessionKind.RACE:
        return race.starts_at
    sprint = race.sessions.filter(kind=kind).first()
    return sprint.starts_at if sprint else None


def grade_words(forecast: Forecast) -> str:
    """Nothing where nothing was missing; earlier releases did not note it."""
    if not forecast.gaps:
        return ""
    return f"Data grade {forecast.data_grade}: {', '.join(forecast.gaps)}"


def forecast_rows(
    predictions: Sequence[Prediction],
    before: Forecast | None,
    results: Mapping[int, Finish],
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
    result: Finish | None,
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


def mate_duels(
    predictions: Sequence[Prediction], results: Mapping[int, Finish]
) -> list[MateDuel]:
    """The pairs of team-mates, that of the likeliest finish first."""
    rows = sorted(predictions, key=lambda row: row.expected_position)
    outlook = Outlook(
        np.array([row.positions for row in rows]), np.array([row.p_dnf for row in rows])
    )
    return [
        _mate_duel(rows[duel.first], rows[duel.second], duel.p_ahead, results)
        for duel in outlook.mate_duels([row.team.slug for row in rows])
    ]


def _mate_duel(
    row: Prediction, other: Prediction, p_ahead: float, results: Mapping[int, Finish]
) -> MateDuel:
    if p_ahead < 0.5:
        row, other, p_ahead = other, row, 1 - p_ahead
    finishes = [results.get(driver) for driver in (row.driver_id, other.driver_id)]
    places = [finish.display_order for finish in finishes if finish]
    started = [finish.did_start for finish in finishes if finish]
    return MateDuel(
        first=parts.named_driver(row.driver, row.team, p_ahead),
        second=parts.named_driver(other.driver, other.team, 1 - p_ahead),
        team_name=row.team.name,
        team_slug=row.team.slug,
        is_first_ahead=places[0] < places[1] if started == [True, True] else None,
    )


def heat_rows(predictions: Sequence[Prediction], n_points: int) -> list[HeatRow]:
    """Driver x place, ordered by expected place."""
    rows = sorted(predictions, key=lambda row: row.expected_position)
    return [
        HeatRow(
            code=parts.code_of(row.driver),
            name=row.driver.name,
            slug=row.driver.slug,
            team_class=team_class(row.team.slug),
            shares=row.positions,
            n_points=n_points,
        )
        for row in rows
    ]
