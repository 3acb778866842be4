"""A handful of rows for the tests of API and admin: two seasons, four drivers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from f1site.testing.snapshot import remembered
from ingestion.models import (
    Circuit,
    CircuitLayout,
    Driver,
    DriverStanding,
    Entry,
    GridSlot,
    PracticeResult,
    Provenance,
    QualifyingResult,
    Race,
    RaceResult,
    Season,
    Session,
    SessionKind,
    SprintResult,
    Team,
    TeamEra,
    TeamStanding,
    WeatherData,
)
from ingestion.services.versions import note_versions
from ingestion.tests.factories import unlogged
from predictions import registry
from predictions.forecasting.explanation import explain
from predictions.forecasting.forecaster import Forecaster
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS
from predictions.forecasting.models.logit import DrawnOrders, LinearScores
from predictions.forecasting.retirement import NAMES, Retirement
from predictions.models import (
    Forecast,
    ForecastInputs,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
    Stage,
)
from ratings.models import RatedRace, RatingChange
from ratings.services import refresh_rankings

#: slug, name, letters, team
FIELD = [
    ("george-russell", "George Russell", "RUS", "mercedes"),
    ("lewis-hamilton", "Lewis Hamilton", "HAM", "mercedes"),
    ("carlos-sainz-jr", "Carlos Sainz", "SAI", "ferrari"),
    ("charles-leclerc", "Charles Leclerc", "LEC", "ferrari"),
]
CHANCES = [0.4, 0.3, 0.2, 0.1]


@dataclass(frozen=True)
class Cast:
    """Who is there."""

    vegas: Race
    imola: Race
    melbourne: Race
    drivers: dict[str, Driver]
    teams: dict[str, Team]
    lightgbm: ModelVersion
    grid: ModelVersion


@remembered("ingestion", "ratings", "predictions")
@unlogged()
def make() -> Cast:
    """Las Vegas 2024 is held, Imola 2023 cancelled, Melbourne 2025 comes next."""
    for year in (2023, 2024, 2025):
        Season.objects.create(year=year)
    teams = {name.lower(): _team(name) for name in ("Mercedes", "Ferrari")}
    drivers = {slug: _driver(slug, name, code) for slug, name, code, _ in FIELD}
    imola = _race(2023_006, None, "emilia-romagna", "Imola", date(2023, 5, 21))
    vegas = _race(2024_022, 22, "las-vegas", "Las Vegas", date(2024, 11, 24))
    melbourne = _race(2025_001, 1, "australia", "Melbourne", date(2025, 3, 16))
    lightgbm = _model("lightgbm", "primary", vegas)
    grid = _model("grid", "candidate", None)
    for n, (slug, _, _, team) in enumerate(FIELD):
        who = {"driver": drivers[slug], "team": teams[team], "car_number": str(n)}
        _weekend(vegas, n, who)
        Entry.objects.create(race=melbourne, **who)
    note_versions([vegas.pk], source="archive")
    for sheet in ("races", "practice_results FP1", "qualifying_results qualifying"):
        _documented(vegas, sheet)
    WeatherData.objects.create(
        race=vegas, source="test", air_temp_c=12.5, condition="dry"
    )
    return Cast(vegas, imola, melbourne, drivers, teams, lightgbm, grid)


def _documented(race: Race, sheet: str) -> None:
    moment = datetime(2025, 1, 6, 9, tzinfo=UTC)
    Provenance.objects.create(
        race=race,
        sheet=sheet,
        source="archive",
        n_rows=4,
        changed_at=moment,
        confirmed_at=moment,
    )


def _team(name: str) -> Team:
    team = Team.objects.create(
        slug=name.lower(), name=name, full_name=f"Scuderia {name}", country="Italy"
    )
    TeamEra.objects.create(team=team, lineage=team.slug, first_year=1950)
    return team


def _driver(slug: str, name: str, code: str) -> Driver:
    first, _, last = name.partition(" ")
    return Driver.objects.create(
        slug=slug,
        name=name,
        first_name=first,
        last_name=last,
        code=code,
        born_on=date(1998, 2, 15),
        nationality="Monaco",
    )


def _race(key: int, round: int | None, prix: str, place: str, day: date) -> Race:
    circuit = Circuit.objects.create(
        slug=prix, name=place, full_name=place, place=place, country="Land", kind="race"
    )
    layout = CircuitLayout.objects.create(
        slug=f"{prix}-1", circuit=circuit, length_km=Decimal("5.5")
    )
    status = "completed" if round == 22 else "scheduled" if round else "cancelled"
    race = Race.objects.create(
        id=key,
        season_id=key // 1000,
        round=round,
        grand_prix=prix,
        name=f"{place} Grand Prix",
        circuit=circuit,
        layout=layout,
        starts_on=day,
        starts_at=datetime(day.year, day.month, day.day, 6, tzinfo=UTC),
        status=status,
    )
    Session.objects.create(race=race, kind="qualifying", starts_on=day)
    return race


def _model(name: str, status: str, cutoff: Race | None) -> ModelVersion:
    return ModelVersion.objects.create(
        name=name, version=1, status=status, cutoff=cutoff, data_hash="0" * 64
    )


def _weekend(race: Race, n: int, who: dict[str, Any]) -> None:
    """One driver's weekend; the last of the field retires."""
    place = {"race": race, "display_order": n + 1, **who}
    position = n + 1 if n < 3 else None
    finish = {
        **place,
        "position": position,
        "is_classified": position is not None,
        "status": "finished" if position else "retired",
        "grid": n + 1,
        "points": [Decimal("25"), Decimal("18.5"), Decimal("0.14"), Decimal(0)][n],
    }
    RaceResult.objects.create(**finish, has_pole=n == 0)
    SprintResult.objects.create(**finish)
    QualifyingResult.objects.create(**place, position=n + 1, q1_ms=90_000 + n)
    QualifyingResult.objects.create(**place, position=n + 1, kind="sprint_qualifying")
    GridSlot.objects.create(**place, position=n + 1)
    PracticeResult.objects.create(**place, kind="FP1", time_ms=91_000 + n)
    Entry.objects.create(race=race, **who)
    for subject in ({"driver": who["driver"]}, {"team": who["team"]}):
        if n % 2 == 0 or "driver" in subject:
            rate(race, 1500 + 10 * (4 - n), **subject)


def rate(race: Race, after: float, kind: str = "race", **subject: Any) -> None:
    """A rating after a race; the order of races is that of their keys."""
    RatedRace.objects.get_or_create(race=race, sequence=race.pk, digest="0" * 64)
    team = subject.get("team")
    RatingChange.objects.create(
        race=race,
        sequence=race.pk,
        lineage=team.slug if team else "mercedes",
        kind=kind,
        before=1500,
        expected_score=0.5,
        actual_score=0.6,
        k_factor=30,
        after=after,
        **subject,
    )
    refresh_rankings()


def rank(cast: Cast) -> None:
    """The championships after Las Vegas."""
    for n, (slug, _, _, team) in enumerate(FIELD):
        place: dict[str, Any] = {
            "race": cast.vegas,
            "display_order": n + 1,
            "points": 400 - n,
        }
        DriverStanding.objects.create(
            driver=cast.drivers[slug], position=n + 1, **place
        )
        if n % 2 == 0:
            TeamStanding.objects.create(team=cast.teams[team], engine="v6", **place)


def issue(
    cast: Cast,
    race: Race,
    stage: str = Stage.PRE_WEEKEND,
    *,
    day: int = 1,
    late: bool = False,
    model: ModelVersion | None = None,
    chances: list[float] = CHANCES,
    stored_at: datetime | None = None,
    gaps: Sequence[str] = (),
    kind: str = SessionKind.RACE,
) -> Forecast:
    """A forecast of the four; a later day is a later issue."""
    moment = datetime(2024, 11, day, 12, tzinfo=UTC)
    number = Forecast.objects.count()
    forecast = Forecast.objects.create(
        race=race,
        kind=kind,
        model_version=model or cast.lightgbm,
        stage=stage,
        as_of=moment,
        issued_at=moment,
        stored_at=stored_at or moment,
        late=late,
        is_primary=model is None,
        seed=1,
        data_hash="0" * 64,
        knew="ratings",
        gaps=list(gaps),
        content_hash=f"{number + 1:064x}",
        previous_hash=f"{number:064x}",
    )
    for (slug, _, _, team), chance in zip(FIELD, chances, strict=True):
        Prediction.objects.create(
            race=race,
            forecast=forecast,
            driver=cast.drivers[slug],
            team=cast.teams[team],
            p_win=chance,
            p_podium=min(1, 2 * chance),
            p_points=min(1, 2 * chance),
            p_dnf=0.1,
            expected_position=2.5,
            low=1,
            high=4,
            positions=[chance, *[(1 - chance) / 3] * 3],
            is_favorite=chance == max(chances),
            created_at=moment,
        )
    return forecast


def explainable(cast: Cast, race: Race) -> Forecast:
    """A forecast by the ratings, with its inputs and a model whose files are there."""
    field = sorted(FIELD)
    fits = {
        stage: Forecaster(
            DrawnOrders(LinearScores(stage, ("elo",), np.array([0.01])), 1.0),
            Retirement(np.zeros(len(NAMES) + 1)),
        )
        for stage in Stage.values
    }
    frame = Frame(
        names=("elo_driver", "elo_team"),
        facts=np.array([[1500.0 + 20 * n, 1500.0] for n in range(len(field))]),
        race=np.full(len(field), race.pk),
        season=np.full(len(field), race.season_id),
        round=np.full(len(field), race.round),
        driver=np.array([slug for slug, _, _, _ in field]),
        team=np.array([team for _, _, _, team in field]),
        place=np.zeros(len(field), dtype=np.int64),
        retired=np.zeros(len(field), dtype=np.bool_),
    )
    version = registry.save(
        MODELS["elo"], fits, cutoff=cast.vegas, data_hash="0" * 64, metrics={}
    )
    p_win = explain(fits[Stage.PRE_WEEKEND].fitted, frame).p_win.tolist()
    chances = dict(zip(frame.driver.tolist(), p_win, strict=True))
    forecast = issue(
        cast, race, model=version, chances=[chances[slug] for slug, _, _, _ in FIELD]
    )
    ForecastInputs.objects.create(forecast=forecast, frame=frame.dump(), cars=[])
    return forecast


def score(forecast: Forecast, log_loss: float = 1.0) -> PredictionAccuracy:
    return PredictionAccuracy.objects.create(
        forecast=forecast,
        result_version=forecast.race.result_versions.filter(kind="race").last(),
        n_starters=4,
        log_loss=log_loss,
        brier=0.5,
        rps=0.2,
        winner_hit=True,
        winner_in_top3=True,
        podium_overlap=1,
        rank_correlation=0.9,
    )
