"""The record in the admin: what an editor may do, and what follows from it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from f1site.base import clock
from ingestion import queries
from ingestion.models import (
    Circuit,
    Driver,
    QualifyingResult,
    Race,
    RaceResult,
    Season,
    SourceFetch,
    SprintResult,
    Team,
)

NOW = datetime(2025, 1, 6, 9, tzinfo=UTC)
MODELS = [
    model for model in apps.get_app_config("ingestion").get_models() if model._meta
]


@pytest.fixture(autouse=True)
def stopped_clock(settings: Any) -> None:
    settings.F1_NOW = NOW


@pytest.fixture
def race(db: None) -> Race:
    Season.objects.create(year=2024)
    circuit = Circuit.objects.create(
        slug="spa", name="Spa", full_name="Spa", place="Spa", country="B", kind="race"
    )
    return Race.objects.create(
        id=2024_014,
        season_id=2024,
        round=14,
        grand_prix="belgium",
        name="Belgian Grand Prix",
        circuit=circuit,
        starts_on=date(2024, 7, 28),
        status="completed",
    )


@pytest.fixture
def driver(db: None) -> Driver:
    return Driver.objects.create(
        slug="george-russell", name="George Russell", first_name="G", last_name="R"
    )


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(slug="mercedes", name="Mercedes", full_name="Mercedes")


@pytest.fixture
def result(race: Race, driver: Driver, team: Team) -> RaceResult:
    return RaceResult.objects.create(
        race=race,
        driver=driver,
        team=team,
        car_number="63",
        display_order=1,
        position=1,
        is_classified=True,
        status="finished",
        points=25,
    )


def address(row: Any, page: str) -> str:
    return reverse(f"admin:ingestion_{row._meta.model_name}_{page}", args=[row.pk])


def form(client: Client, url: str) -> dict[str, Any]:
    """What the browser would send back unchanged."""
    shown = client.get(url).context["adminform"].form
    values = {name: shown[name].value() for name in shown.fields}
    return {name: "" if value is None else value for name, value in values.items()}


def test_every_table_of_the_record_has_its_pages(admin_client: Client) -> None:
    for model in MODELS:
        assert model in admin.site._registry, model
        name = f"admin:ingestion_{model._meta.model_name}_changelist"
        for query in ("", "?q=2024+spa", "?season=2024"):
            answer = admin_client.get(reverse(name) + query, follow=True)
            assert answer.status_code == 200, (model, query)


def test_a_list_costs_the_same_however_long_it_is(
    admin_client: Client, result: RaceResult, django_assert_max_num_queries: Any
) -> None:
    url = reverse("admin:ingestion_raceresult_changelist")
    for n in range(2, 12):
        fields = {"race_id": result.race_id, "team_id": result.team_id}
        driver = Driver.objects.create(slug=f"d{n}", name=f"Driver {n}")
        RaceResult.objects.create(
            **fields,
            driver=driver,
            display_order=n,
            is_classified=False,
            status="retired",
        )

    with django_assert_max_num_queries(5):
        admin_client.get(url)


def test_a_corrected_result_makes_the_ratings_replay(
    admin_client: Client, result: RaceResult
) -> None:
    url = address(result, "change")
    changed = {**form(admin_client, url), "status": "disqualified", "reason": "weight"}
    changed |= {"position": "", "points": "0"}
    changed.pop("is_classified")

    answer = admin_client.post(url, changed)

    assert answer.status_code == 302, answer.context["errors"]
    result.refresh_from_db()
    assert (result.status, result.position) == ("disqualified", None)
    assert Race.objects.get().results_changed_at == NOW == clock.now()


def test_a_corrected_result_stays_in_its_partition(
    admin_client: Client, result: RaceResult
) -> None:
    url = address(result, "change")
    admin_client.post(url, {**form(admin_client, url), "laps": "44"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT id, laps FROM ingestion_raceresult_2024")
        assert cursor.fetchall() == [(result.pk, 44)]


def test_a_result_keeps_its_race(admin_client: Client, result: RaceResult) -> None:
    assert "race" not in form(admin_client, address(result, "change"))


def test_a_result_that_cannot_be_is_refused(
    admin_client: Client, result: RaceResult
) -> None:
    url = address(result, "change")
    broken = {**form(admin_client, url), "grid": "3", "from_pit_lane": "on"}

    answer = admin_client.post(url, broken)

    assert answer.status_code == 200
    assert "race_result_grid_from_one" in answer.content.decode()
    assert Race.objects.get().results_changed_at is None


def test_a_deleted_result_makes_the_ratings_replay(
    admin_client: Client, result: RaceResult
) -> None:
    admin_client.post(address(result, "delete"), {"post": "yes"})

    assert not RaceResult.objects.exists()
    assert Race.objects.get().results_changed_at == NOW


def test_results_deleted_together_make_the_ratings_replay(
    admin_client: Client, result: RaceResult
) -> None:
    admin_client.post(
        reverse("admin:ingestion_raceresult_changelist"),
        {"action": "delete_selected", "_selected_action": [result.pk], "post": "yes"},
    )

    assert not RaceResult.objects.exists()
    assert Race.objects.get().results_changed_at == NOW


def test_a_new_result_makes_the_ratings_replay(
    admin_client: Client, race: Race, driver: Driver, team: Team
) -> None:
    row = {
        "race": race.pk,
        "driver": driver.pk,
        "team": team.pk,
        "display_order": 1,
        "status": "retired",
        "points": 0,
    }
    for model in (RaceResult, SprintResult):
        Race.objects.update(results_changed_at=None)
        name = model._meta.model_name
        admin_client.post(reverse(f"admin:ingestion_{name}_add"), row)

        assert model.objects.count() == 1
        assert Race.objects.get().results_changed_at == NOW


@pytest.mark.parametrize("status", ["scheduled", "postponed", "cancelled"])
def test_a_race_with_a_first_result_was_held(
    admin_client: Client, race: Race, driver: Driver, team: Team, status: str
) -> None:
    Race.objects.update(status=status)
    row = {"race": race.pk, "driver": driver.pk, "team": team.pk}
    row |= {"display_order": 1, "points": 0}
    url = reverse("admin:ingestion_raceresult_add")

    admin_client.post(url, {**row, "status": "retired"})

    assert Race.objects.get().is_completed


def test_a_race_without_its_last_result_lies_ahead(
    admin_client: Client, result: RaceResult
) -> None:
    admin_client.post(address(result, "delete"), {"post": "yes"})

    assert Race.objects.get().status == "scheduled"


@pytest.mark.parametrize("status", ["postponed", "cancelled"])
def test_a_race_without_results_keeps_the_word_of_the_editor(
    admin_client: Client, race: Race, driver: Driver, team: Team, status: str
) -> None:
    Race.objects.update(status=status)
    row = QualifyingResult.objects.create(
        race=race, driver=driver, team=team, display_order=1
    )

    admin_client.post(address(row, "delete"), {"post": "yes"})

    assert Race.objects.get().status == status


def test_a_corrected_qualifying_makes_the_ratings_replay(
    admin_client: Client, race: Race, driver: Driver, team: Team
) -> None:
    row = QualifyingResult.objects.create(
        race=race, driver=driver, team=team, display_order=1, position=1
    )
    url = address(row, "change")

    admin_client.post(url, {**form(admin_client, url), "q1_ms": "105000"})

    assert Race.objects.get().results_changed_at == NOW


def test_a_race_that_moves_makes_the_ratings_replay(
    admin_client: Client, race: Race
) -> None:
    url = address(race, "change")
    management = {"sessions-TOTAL_FORMS": 0, "sessions-INITIAL_FORMS": 0}
    management |= {"weather-TOTAL_FORMS": 0, "weather-INITIAL_FORMS": 0}
    unchanged = {**form(admin_client, url), **management}
    unchanged |= {"starts_at_0": "", "starts_at_1": ""}

    admin_client.post(url, {**unchanged, "official_name": "Rolex"})
    assert Race.objects.get().results_changed_at is None

    admin_client.post(url, {**unchanged, "starts_on": "2024-07-29"})
    assert Race.objects.get().results_changed_at == NOW


def test_a_new_race_gets_the_next_key_of_its_season(
    admin_client: Client, race: Race
) -> None:
    new = {
        "season": 2024,
        "round": 15,
        "grand_prix": "netherlands",
        "name": "Dutch Grand Prix",
        "circuit": race.circuit_id,
        "starts_on": "2024-08-25",
        "status": "scheduled",
        "sprint_format": "",
        "sessions-TOTAL_FORMS": 0,
        "sessions-INITIAL_FORMS": 0,
        "weather-TOTAL_FORMS": 0,
        "weather-INITIAL_FORMS": 0,
    }

    answer = admin_client.post(reverse("admin:ingestion_race_add"), new)

    assert answer.status_code == 302, answer.context["errors"]
    assert Race.objects.get(round=15).pk == 2024_015


@pytest.mark.parametrize(("condition", "impact"), [("wet", 3), ("mixed", 4)])
def test_weather_is_typed_in_by_session(
    admin_client: Client, race: Race, condition: str, impact: int
) -> None:
    url = reverse("admin:ingestion_weatherdata_add")
    empty = form(admin_client, url)
    assert (empty["source"], empty["kind"]) == ("editor", "race")
    known_at = {"known_at_0": "", "known_at_1": ""}
    typed = {"race": race.pk, "kind": "qualifying", "rain_mm": "3"}
    typed |= {"condition": condition}
    answer = admin_client.post(url, empty | known_at | typed)
    assert answer.status_code == 302, answer.context["errors"]
    row = queries.weather_of(race, "qualifying")
    assert row and (row.source, row.condition, row.rain_mm) == (
        "editor",
        condition,
        3.0,
    )
    assert row.weather_impact_score == impact
    page = admin_client.get(address(race, "change")).content.decode()
    assert address(row, "change") in page


def test_what_is_used_cannot_be_deleted(
    admin_client: Client, result: RaceResult
) -> None:
    for used in (result.driver, result.team, result.race, result.race.circuit):
        assert admin_client.get(address(used, "delete")).status_code == 403


def test_what_nobody_uses_can_be_deleted(admin_client: Client, driver: Driver) -> None:
    admin_client.post(address(driver, "delete"), {"post": "yes"})

    assert not Driver.objects.exists()


def test_imports_are_only_looked_at(admin_client: Client) -> None:
    fetch = SourceFetch.objects.create(
        source="archive", location="f1db-csv.zip", outcome="done"
    )

    assert admin_client.get(address(fetch, "change")).status_code == 200
    assert admin_client.post(address(fetch, "change"), {}).status_code == 403
    assert admin_client.get(address(fetch, "delete")).status_code == 403
    added = admin_client.get(reverse("admin:ingestion_sourcefetch_add"))
    assert added.status_code == 403


def test_races_are_found_by_season_and_name(admin_client: Client, race: Race) -> None:
    answer = admin_client.get(
        reverse("admin:autocomplete"),
        {
            "app_label": "ingestion",
            "model_name": "raceresult",
            "field_name": "race",
            "term": "2024 belg",
        },
    )

    assert [row["text"] for row in answer.json()["results"]] == [
        "2024 Belgian Grand Prix"
    ]


def test_the_admin_sends_nothing_inline(
    admin_client: Client, result: RaceResult
) -> None:
    page = admin_client.get(address(result, "change"))

    assert "unsafe-inline" not in page["Content-Security-Policy"]
    assert " style=" not in page.content.decode()
    assert "<style" not in page.content.decode()
