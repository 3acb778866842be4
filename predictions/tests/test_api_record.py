"""The record in the API: natural keys, filters, pages, queries."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from f1site.testing.lasting import lasting
from ingestion.models import Team, TeamEra, WeatherData
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast
from ratings.models import RatingChange

V1 = "/api/v1/"
LISTS = {
    "seasons/": 2,
    "circuits/": 3,
    "teams/": 3,
    "drivers/": 2,
    "races/": 2,
    "races/?season=2024": 2,
    "races/2024/22/results/": 1,
    "races/2024/22/versions/": 1,
    "races/2024/22/sources/": 3,
    "races/2024/22/qualifying/": 1,
    "races/2024/22/sprint/": 1,
    "races/2024/22/weather/": 1,
    "races/2024/22/entries/": 1,
    "races/2024/22/grid/": 1,
    "races/2024/22/practice/": 1,
    "entries/": 2,
    "practice/": 2,
    "qualifying/?driver=george-russell": 2,
    "sprint/": 2,
    "weather/": 2,
    "results/": 2,
    "results/?season=2024&driver=george-russell": 2,
    "standings/drivers/": 1,
    "standings/teams/?season=2024&round=22": 1,
    "ratings/": 2,
    "ratings/changes/": 2,
    "ratings/surprises/": 3,
    "forecasts/": 2,
    "models/": 3,
    "accuracy/": 2,
    "calendar/?season=2024": 5,
    "calendar/": 5,
    "": 0,
}


def _cast() -> Cast:
    cast = api_cast.make()
    api_cast.rank(cast)
    api_cast.score(api_cast.issue(cast, cast.vegas))
    return cast


made = lasting(_cast)


@pytest.fixture
def cast(made: Callable[[], Cast], db: None) -> Cast:
    return made()


def get(client: Client, path: str) -> Any:
    response = client.get(V1 + path)
    assert response.status_code == 200, response.content
    return response.json()


def rows(client: Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(client, path)["results"]
    return found


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_however_long_it_is(
    path: str, cast: Cast, client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(LISTS[path]):
        get(client, path)


@pytest.mark.parametrize("path", [path for path in LISTS if path])
def test_every_list_has_rows(path: str, cast: Cast, client: Client) -> None:
    body = get(client, path)

    assert set(body) == {"count", "next", "previous", "results"}
    assert body["count"] == len(body["results"]) > 0


def test_the_root_leads_to_every_list(cast: Cast, client: Client) -> None:
    api_cast.issue(cast, cast.melbourne)

    for noun, address in get(client, "").items():
        if noun != "docs":
            assert client.get(address).status_code == 200, noun


def test_a_driver_stands_at_his_slug(cast: Cast, client: Client) -> None:
    driver = get(client, "drivers/george-russell/")

    assert driver["code"] == "RUS"
    assert driver["current_team"] == "mercedes"
    assert driver["url"].endswith("/api/v1/drivers/george-russell/")


def test_a_circuit_shows_its_layouts(cast: Cast, client: Client) -> None:
    circuit = get(client, "circuits/las-vegas/")

    assert circuit["n_races"] == 1
    assert (circuit["n_recent_races"], circuit["pole_win_rate"]) == (1, 1.0)
    assert circuit["overtaking_index"] == 0.0
    assert circuit["layouts"] == [
        {"slug": "las-vegas-1", "length_km": 5.5, "turns": None}
    ]


def test_where_nobody_raced_lately_nothing_is_known_of_the_grid(
    cast: Cast, client: Client
) -> None:
    circuit = get(client, "circuits/australia/")

    assert (circuit["n_recent_races"], circuit["pole_win_rate"]) == (0, None)
    assert circuit["overtaking_index"] is None


def test_a_team_shows_its_chain(cast: Cast, client: Client) -> None:
    own = {"team": "ferrari", "lineage": "ferrari", "first_year": 1950}
    for slug, years in (("scuderia-1", (1930, 1939)), ("scuderia-2", (1940, 1949))):
        team = Team.objects.create(slug=slug, name=slug, full_name=slug)
        first, last = years
        TeamEra.objects.create(
            team=team, lineage="ferrari", first_year=first, last_year=last
        )

    ferrari = get(client, "teams/ferrari/")
    before, middle, *_ = rows(client, "teams/?search=scuderia-")

    assert ferrari["eras"] == [{**own, "last_year": None}]
    assert [era["team"] for era in ferrari["chain"]] == [
        "scuderia-1",
        "scuderia-2",
        "ferrari",
    ]
    assert (ferrari["predecessor"], ferrari["successor"]) == ("scuderia-2", None)
    assert (before["predecessor"], before["successor"]) == (None, "scuderia-2")
    assert (middle["predecessor"], middle["successor"]) == ("scuderia-1", "ferrari")


def test_a_team_that_was_never_renamed_has_no_chain(cast: Cast, client: Client) -> None:
    TeamEra.objects.all().delete()

    ferrari = get(client, "teams/ferrari/")

    assert (ferrari["chain"], ferrari["predecessor"], ferrari["successor"]) == (
        [],
        None,
        None,
    )


def test_drivers_and_teams_tell_their_ratings(
    cast: Cast, client: Client, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 3, 10, tzinfo=UTC)
    told = {row["slug"]: row["rating"] for row in rows(client, "drivers/")}
    best, *_ = rows(client, "teams/?ordering=-rating")
    api_cast.rate(cast.melbourne, 1400, driver=cast.drivers["george-russell"])

    assert told["george-russell"] == 1540.0
    assert get(client, "drivers/george-russell/")["rating"] == 1540.0  # not yet raced
    assert (best["slug"], best["rating"]) == ("mercedes", 1540.0)
    RatingChange.objects.all().delete()
    assert get(client, "teams/mercedes/")["rating"] is None


def test_a_season_counts_its_races(cast: Cast, client: Client) -> None:
    assert get(client, "seasons/2024/")["n_held"] == 1
    assert get(client, "seasons/2023/")["n_races"] == 0


def test_a_race_stands_at_season_and_round(cast: Cast, client: Client) -> None:
    race = get(client, "races/2024/22/")

    assert race["name"] == "Las Vegas Grand Prix"
    assert race["sessions"][0]["kind"] == "qualifying"
    assert (race["is_completed"], race["is_future_race"]) == (True, False)
    for address in race["links"].values():
        assert client.get(address).status_code == 200


def test_a_cancelled_race_stands_at_its_grand_prix(cast: Cast, client: Client) -> None:
    race = get(client, "races/2023/emilia-romagna/")

    assert (race["round"], race["status"]) == (None, "cancelled")
    assert get(client, "races/?season=2023")["results"][0]["url"] == race["url"]


def test_a_result_names_driver_and_team_by_key(cast: Cast, client: Client) -> None:
    first, *_, last = rows(client, "races/2024/22/results/")

    assert (first["driver"], first["team"]) == ("george-russell", "mercedes")
    assert (first["position"], last["position"]) == (1, None)


def test_points_are_numbers(cast: Cast, client: Client) -> None:
    points = [row["points"] for row in rows(client, "races/2024/22/results/")]

    assert points == [25.0, 18.5, 0.14, 0.0]


def test_sessions_of_the_sprint_are_asked_for(cast: Cast, client: Client) -> None:
    usual = rows(client, "races/2024/22/qualifying/")
    sprint = rows(client, "races/2024/22/qualifying/?kind=sprint_qualifying")

    assert {row["kind"] for row in usual} == {"qualifying"}
    assert {row["kind"] for row in sprint} == {"sprint_qualifying"}
    assert usual[0]["is_pole"] and usual[0]["best_time_ms"] == 90_000
    assert get(client, "races/2024/22/grid/?kind=sprint")["count"] == 0


def test_weather_carries_what_follows_from_it(cast: Cast, client: Client) -> None:
    (weather,) = rows(client, "races/2024/22/weather/")

    assert (weather["is_cold"], weather["is_wet"], weather["impact"]) == (
        True,
        False,
        1,
    )
    assert (weather["is_cold_weather"], weather["is_hot_weather"]) == (True, False)
    assert weather["weather_impact_score"] == weather["impact"]
    assert weather["kind"] == "race"
    WeatherData.objects.create(
        race=cast.vegas, kind="FP1", source="open-meteo", wind_kmh=31, is_forecast=True
    )
    (practice,) = rows(client, "races/2024/22/weather/?kind=FP1")
    assert (practice["kind"], practice["is_forecast"], practice["impact"]) == (
        "FP1",
        True,
        2,
    )
    assert len(rows(client, "races/2024/22/weather/")) == 2
    assert client.get("/api/v1/races/2024/22/weather/?kind=Q4").status_code == 400


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("season=2024", 4),
        ("season=2025", 0),
        ("season=2024&round=22", 4),
        ("driver=lewis-hamilton", 1),
        ("team=ferrari", 2),
        ("team=ferrari&max_position=3", 1),
        ("position=1", 1),
        ("pole=true", 1),
        ("status=retired", 1),
        ("circuit=las-vegas", 4),
        ("circuit=monza", 0),
        ("search=hamilton", 1),
        ("search=las+vegas+ferrari", 2),
        ("driver=nobody", 0),
    ],
)
def test_results_are_narrowed_down(
    query: str, count: int, cast: Cast, client: Client
) -> None:
    assert get(client, f"results/?{query}")["count"] == count


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("drivers/?season=2024", 4),
        ("drivers/?season=2023", 0),
        ("drivers/?season=2025&team=ferrari", 2),
        ("drivers/?code=ham", 1),
        ("drivers/?nationality=monaco", 4),
        ("drivers/?search=leclerc", 1),
        ("teams/?driver=lewis-hamilton", 1),
        ("teams/?season=2023", 0),
        ("teams/?lineage=ferrari", 1),
        ("teams/?country=italy", 2),
        ("circuits/?season=2024", 1),
        ("circuits/?kind=street", 0),
        ("circuits/?country=land", 3),
        ("races/?status=cancelled", 1),
        ("races/?circuit=las-vegas", 1),
        ("races/?sprint=true", 0),
        ("races/?sprint=false", 3),
        ("races/?from_date=2024-01-01&to_date=2024-12-31", 1),
        ("races/?search=imola", 1),
        ("races/2024/22/practice/?kind=FP2", 0),
        ("ratings/changes/?of=driver", 4),
        ("ratings/changes/?of=team&season=2024&round=22", 2),
        ("entries/", 8),
        ("entries/?season=2024&driver=lewis-hamilton", 1),
        ("entries/?team=mercedes&practice_only=false", 4),
        ("entries/?circuit=las-vegas&practice_only=true", 0),
        ("practice/?season=2024&round=22&kind=FP1", 4),
        ("practice/?kind=FP2", 0),
        ("practice/?team=ferrari&max_position=3", 0),
        ("qualifying/", 4),
        ("qualifying/?kind=sprint_qualifying", 4),
        ("qualifying/?position=1", 1),
        ("qualifying/?season=2023", 0),
        ("qualifying/?driver=charles-leclerc&circuit=las-vegas", 1),
        ("qualifying/?search=hamilton", 1),
        ("sprint/?team=ferrari&max_position=3", 1),
        ("sprint/?status=retired&grid=4", 1),
        ("weather/?season=2024&kind=race", 1),
        ("weather/?condition=wet", 0),
        ("weather/?circuit=las-vegas&is_forecast=false", 1),
        ("weather/?search=imola", 0),
    ],
)
def test_lists_are_narrowed_down(
    path: str, count: int, cast: Cast, client: Client
) -> None:
    assert get(client, path)["count"] == count


def test_lists_are_sorted(cast: Cast, client: Client) -> None:
    codes = [row["code"] for row in rows(client, "drivers/?ordering=-last_name")]
    slowest = [row["code"] for row in rows(client, "qualifying/?ordering=-q1_ms")]
    grids = [row["grid"] for row in rows(client, "results/?ordering=points,-grid")]

    assert codes == ["SAI", "RUS", "LEC", "HAM"]
    assert slowest == ["LEC", "SAI", "HAM", "RUS"]
    assert grids == [4, 3, 2, 1]


@pytest.mark.parametrize(("sign", "first"), [("", 1), ("-", 3)])
def test_what_is_unknown_comes_last(
    sign: str, first: int, cast: Cast, client: Client
) -> None:
    places = [
        row["position"] for row in rows(client, f"sprint/?ordering={sign}position")
    ]

    assert (places[0], places[-1]) == (first, None)


def test_a_row_of_any_session_tells_its_race(cast: Cast, client: Client) -> None:
    for path in ("entries", "practice", "qualifying", "sprint", "weather"):
        (race, *_), told = (
            [row.pop("race") for row in rows(client, f"{path}/?season=2024")],
            rows(client, f"{path}/?season=2024"),
        )
        assert (race["season"], race["round"]) == (2024, 22), path
        below = rows(client, f"races/2024/22/{path}/")
        assert [{**row, "race": race} for row in below] == told, path


def test_the_newest_race_comes_first(cast: Cast, client: Client) -> None:
    seasons = [row["season"] for row in rows(client, "races/")]

    assert seasons == [2025, 2024, 2023]


def test_pages_follow_each_other(cast: Cast, client: Client) -> None:
    first = get(client, "drivers/?page_size=3")
    second = client.get(first["next"]).json()

    assert (len(first["results"]), len(second["results"])) == (3, 1)
    assert first["count"] == second["count"] == 4
    assert second["next"] is None


def test_a_page_has_a_hundred_rows_at_most(cast: Cast, client: Client) -> None:
    from ingestion.models import Season

    Season.objects.bulk_create(Season(year=year) for year in range(2100, 2220))

    assert len(rows(client, "seasons/?page_size=5000")) == 100
    assert len(rows(client, "seasons/")) == 30


def test_ratings_are_the_newest_of_each(cast: Cast, client: Client) -> None:
    then = rows(client, "ratings/?as_of=2024-11-24")

    assert [row["rank"] for row in then] == [1, 2, 3, 4]
    assert (then[0]["driver"], then[0]["rating"]) == ("george-russell", 1540.0)
    assert (then[0]["team"], then[0]["code"]) == ("mercedes", "RUS")
    assert rows(client, "ratings/?as_of=2024-11-23") == []


def test_retired_drivers_are_asked_for(
    cast: Cast, client: Client, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 4, 1, tzinfo=UTC)
    api_cast.rate(cast.melbourne, 1400, driver=cast.drivers["george-russell"])
    api_cast.rate(cast.melbourne, 1600, team=cast.teams["mercedes"])

    active = rows(client, "ratings/")
    everybody = rows(client, "ratings/?active=false")

    assert [row["driver"] for row in active] == ["george-russell"]
    assert [row["driver"] for row in everybody][-1] == "george-russell"
    assert (everybody[-1]["change"], everybody[-1]["last_season"]) == (-100, 2025)


def test_ratings_of_teams_and_of_qualifying(cast: Cast, client: Client) -> None:
    hamilton = cast.drivers["lewis-hamilton"]
    api_cast.rate(cast.vegas, 1600, kind="qualifying", driver=hamilton)
    api_cast.rate(cast.vegas, 1600, kind="qualifying", team=cast.teams["mercedes"])

    teams = rows(client, "ratings/?of=team")
    qualifying = rows(client, "ratings/?kind=qualifying&of=driver")

    assert [(row["team"], row["driver"]) for row in teams] == [
        ("mercedes", None),
        ("ferrari", None),
    ]
    assert [row["driver"] for row in qualifying] == ["lewis-hamilton"]


def test_rating_changes_explain_themselves(cast: Cast, client: Client) -> None:
    (change,) = rows(client, "ratings/changes/?driver=lewis-hamilton")

    assert (change["before"], change["after"], change["k_factor"]) == (1500, 1530, 30)
    assert change["race"]["round"] == 22


def test_the_calendar_is_that_of_the_next_race(cast: Cast, client: Client) -> None:
    (melbourne,) = rows(client, "calendar/")
    (vegas,) = rows(client, "calendar/?season=2024")

    assert (melbourne["season"], melbourne["is_next"]) == (2025, True)
    assert (vegas["winners"], vegas["is_next"]) == (["george-russell"], False)
    assert vegas["sessions"][0]["kind"] == "qualifying"
