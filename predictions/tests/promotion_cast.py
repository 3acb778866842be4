"""What promotion is judged by, as rows; and how it is asked for."""

from datetime import UTC, datetime, timedelta
from io import StringIO

from django.core.management import call_command

from ingestion.models import Race
from predictions import sealing
from predictions.features import start_of
from predictions.models import (
    Backtest,
    BacktestScore,
    Forecast,
    ModelEvent,
    ModelVersion,
    Prediction,
)
from predictions.provenance import code_hash, parameters_hash
from predictions.tests import forecast_cast as cast

N = len(cast.DRIVERS)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def events(version: ModelVersion) -> list[str]:
    return list(version.events.order_by("id").values_list("what", flat=True))


def last(version: ModelVersion) -> ModelEvent:
    event = version.events.first()
    assert event
    return event


def say(
    race: Race,
    version: ModelVersion,
    chance: float,
    *,
    is_primary: bool = False,
    stored_after: timedelta = timedelta(0),
) -> Forecast:
    """A forecast that gives the winner a chance, and the rest to the others."""
    before = start_of(race) - timedelta(days=2)
    winner = race.results.get(display_order=1).driver_id
    forecast = Forecast(
        race=race,
        model_version=version,
        stage="pre_weekend",
        as_of=before,
        issued_at=before,
        stored_at=before + stored_after,
        late=False,
        is_primary=is_primary,
        seed=1,
        data_hash=f"{race.pk:064d}",
        knew="line-up",
    )
    seats = race.entries.select_related("driver", "team")
    rows = [
        Prediction(
            race=race,
            driver=seat.driver,
            team=seat.team,
            p_win=p,
            p_podium=0.3,
            p_points=0.5,
            p_dnf=0.1,
            expected_position=5.0,
            low=1,
            high=N,
            positions=[p, *[(1 - p) / (N - 1)] * (N - 1)],
            is_favorite=False,
            created_at=before,
        )
        for seat in seats
        for p in [chance if seat.driver_id == winner else (1 - chance) / (N - 1)]
    ]
    return sealing.issue(forecast, rows)


def backtest(races: list[Race], stage: str, losses: dict[str, float]) -> Backtest:
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    stored = Backtest.objects.create(
        seasons=[2024],
        stages=[stage],
        model_names=list(losses),
        as_of=moment,
        code_hash=code_hash(),
        parameters_hash=parameters_hash(list(losses)),
        finished_at=moment,
        state="done",
        n_races=len(races),
    )
    for race in races:
        for n, (name, loss) in enumerate(losses.items()):
            BacktestScore.objects.create(
                backtest=stored,
                race=race,
                stage=stage,
                model=name,
                season=2024,
                round=race.round or 0,
                drivers=cast.DRIVERS,
                places=list(range(1, N + 1)),
                positions=[[0.4 if row == 0 else 0.6 / (N - 1)] for row in range(N)],
                n_starters=N,
                log_loss=loss + 0.01 * n,
                brier=0.5,
                rps=0.2,
                winner_hit=True,
                winner_in_top3=True,
                podium_overlap=1,
                rank_correlation=0.5,
            )
    return stored
