"""The pages, asked for as a reader asks."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.models import Session
from predictions.models import Stage
from predictions.services import score_race
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

ADDRESSES = [
    "/",
    "/calendar/",
    "/calendar/?season=2023",
    "/standings/",
    "/races/2024/22/",
    "/races/2025/1/",
    "/ratings/",
    "/ratings/?kind=team&session=qualifying&as_of=2024-12-01",
    "/ratings/duels/",
    "/ratings/duels/?driver=george-russell&mate=lewis-hamilton",
    "/ratings/chain/?from=george-russell&to=lewis-hamilton",
    "/ratings/surprises/",
    "/ratings/history/",
    "/ratings/history/?kind=team&from=2024&to=2024",
    "/track-record/",
    "/drivers/",
    "/drivers/?q=lec&page=7",
    "/drivers/charles-leclerc/",
    "/teams/",
    "/teams/ferrari/",
    "/circuits/",
    "/circuits/las-vegas/",
]
SWAP = {"HX-Request": "true"}


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


@pytest.fixture
def page(client: Client) -> Callable[[str], str]:
    def get(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.content.decode()

    return get


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_page_answers_and_says_where_the_record_ends(
    path: str, cast: Cast, page: Callable[[str], str]
) -> None:
    text = page(path)
    assert "Las Vegas Grand Prix 2024" in text
    assert "CC BY 4.0" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/calendar/", "/ratings/", "/ratings/history/", "/drivers/"]
)
def test_an_empty_record_says_what_will_come(path: str, client: Client) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert "ingest_archive" in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/races/2024/23/",
        "/drivers/nobody/",
        "/teams/nobody/",
        "/circuits/nowhere/",
        "/calendar/?season=1949",
        "/calendar/?season=x",
    ],
)
def test_what_is_not_there_is_a_404_in_the_design(
    path: str, cast: Cast, client: Client
) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "site.css" in response.content.decode()


def test_home_shows_the_favourite_of_the_next_race_first(
    cast: Cast, page: Callable[[str], str]
) -> None:
    api_cast.issue(cast, cast.melbourne)
    text = page("/")
    assert "Melbourne Grand Prix" in text
    assert "George Russell</b> is the favourite in Melbourne" in text
    assert text.index("RUS") < text.index("HAM") < text.index("LEC")
    assert "Sealed" in text
    for path in ("/", "/races/2025/1/"):
        assert "40\u202f% <small>2 in 5</small>" in page(path)
    (verify,) = re.findall(r'<a href="([^"]*)">verify</a>', text)
    path, _, card = verify.partition("#")
    assert f'id="{card}"' in page(path)


def test_home_without_a_forecast_says_when_one_comes(
    cast: Cast, page: Callable[[str], str]
) -> None:
    assert "No forecast yet" in page("/")
    Session.objects.create(race=cast.melbourne, kind="FP1", starts_on=date(2025, 3, 14))
    for path in ("/", "/races/2025/1/"):
        assert "The weekend begins on 14 Mar 2025." in page(path)


def stages(text: str) -> list[str]:
    """What the tabs say below the names of the stages, without markup."""
    found = re.findall(r'class="tab".*?<small>(.*?)</small>', text, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", one) for one in found]


def test_a_stage_is_due_until_the_start_and_not_issued_from_then_on(
    cast: Cast, page: Callable[[str], str], settings: Settings
) -> None:
    race = cast.melbourne
    due = ["due Sun 16 Mar", "due 16 Mar, 04:00 UTC"]
    assert stages(page("/")) == ["to come", "to come", *due]
    friday = datetime(2025, 3, 14, 1, 30, tzinfo=UTC)
    Session.objects.create(
        race=race, kind="FP1", starts_on=friday.date(), starts_at=friday
    )
    api_cast.issue(cast, race)
    due = ["due 14 Mar, 02:30 UTC, needs an editor", *due]
    for path in ("/", "/races/2025/1/"):
        assert stages(page(path)) == ["Fri 1 Nov 2024", *due]
    settings.F1_NOW = friday + timedelta(hours=2)  # it should be there, and is not
    late = "not issued: an editor has to bring practice"
    assert stages(page("/"))[1:] == [late, *due[1:]]
    settings.F1_NOW = race.starts_at
    assert stages(page("/races/2025/1/"))[1:] == ["not issued"] * 3


def test_a_stage_whose_source_is_late_says_so(
    cast: Cast, page: Callable[[str], str], settings: Settings
) -> None:
    settings.PRACTICE_SOURCE = "openf1"
    friday = datetime(2025, 3, 14, 1, 30, tzinfo=UTC)
    Session.objects.create(
        race=cast.melbourne, kind="FP1", starts_on=friday.date(), starts_at=friday
    )
    assert stages(page("/"))[1] == "due 14 Mar, 02:30 UTC"
    settings.F1_NOW = friday + timedelta(hours=2)
    assert stages(page("/"))[1] == "not issued: source late"


def test_a_late_forecast_never_looks_sealed(
    cast: Cast, page: Callable[[str], str]
) -> None:
    api_cast.issue(cast, cast.melbourne, late=True)
    text = page("/")
    assert "Issued late" in text
    assert "after lights out" not in text  # it was issued in 2024, for 2025
    assert "not sealed and not counted" in text
    assert "<strong>Sealed" not in text
    assert "verify" not in text


def test_what_was_issued_late_was_not_our_chance(
    cast: Cast, page: Callable[[str], str]
) -> None:
    cell = r'data-label="win chance">([^<]*)<'
    pages = ("/drivers/george-russell/", "/teams/mercedes/")
    api_cast.issue(cast, cast.vegas, day=24, late=True)
    for path in pages:
        assert set(re.findall(cell, page(path))) == {"–"}, path
    said = "A forecast issued after the start gives 40 % (about 2 in 5)"
    text = page("/races/2024/22/")
    (description,) = re.findall(r'name="description" content="([^"]*)"', text)
    assert description.startswith(f"George Russell won. {said}")
    assert "Our forecast gave" not in text

    api_cast.issue(cast, cast.vegas)
    for path in pages:
        assert "40\u202f%" in re.findall(cell, page(path)), path


@pytest.mark.parametrize("path", ["/", "/races/2025/1/"])
def test_a_forecast_with_gaps_carries_a_data_grade(
    path: str, cast: Cast, page: Callable[[str], str]
) -> None:
    api_cast.issue(cast, cast.melbourne)
    assert "Data grade" not in page(path)
    gaps = ["no practice", "grid derived from qualifying order"]
    api_cast.issue(cast, cast.melbourne, Stage.FINAL_GRID, day=2, gaps=gaps)
    words = "Data grade C: no practice, grid derived from qualifying order"
    assert words in page(path)


def test_a_seal_by_a_stopped_clock_says_so(
    cast: Cast, page: Callable[[str], str]
) -> None:
    stored_at = datetime(2026, 1, 2, tzinfo=UTC)
    api_cast.issue(cast, cast.melbourne, stored_at=stored_at)
    forecast = api_cast.issue(cast, cast.vegas, stored_at=stored_at)
    api_cast.score(forecast)
    text = page("/")
    assert "by a stopped clock, stored" in text
    assert "2 Jan 2026, 00:00 UTC" in text
    assert "1 of 1 forecasts were made by a stopped clock" in page("/track-record/")


def test_an_honest_seal_says_nothing_of_clocks(
    cast: Cast, page: Callable[[str], str]
) -> None:
    api_cast.issue(cast, cast.melbourne)
    assert "stopped clock" not in page("/")


def test_names_are_found_without_their_accents(
    cast: Cast, page: Callable[[str], str]
) -> None:
    driver = cast.drivers["charles-leclerc"]
    driver.name, driver.slug = "Nico Hülkenberg", "nico-hulkenberg"
    driver.save()
    assert "Hülkenberg" in page("/drivers/?q=hulken")


def test_stages_are_tabs_and_the_newest_speaks_first(
    cast: Cast, page: Callable[[str], str]
) -> None:
    api_cast.issue(cast, cast.melbourne, Stage.PRE_WEEKEND)
    later = [0.1, 0.2, 0.3, 0.4]
    api_cast.issue(cast, cast.melbourne, Stage.FINAL_GRID, day=2, chances=later)
    assert "Charles Leclerc</b> is the favourite" in page("/")
    assert "George Russell</b> is the favourite" in page("/?stage=pre_weekend")
    assert "Charles Leclerc</b> is the favourite" in page("/?stage=nonsense")


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/", "next-race"),
        ("/races/2025/1/", "race-forecast"),
        ("/ratings/", "ratings-table"),
        ("/calendar/", "calendar-rounds"),
        ("/drivers/", "driver-index"),
        ("/teams/", "team-index"),
        ("/circuits/", "circuit-index"),
    ],
)
def test_a_swap_is_the_same_text_as_in_the_page(
    path: str, root: str, cast: Cast, client: Client
) -> None:
    api_cast.issue(cast, cast.melbourne)
    whole, part = client.get(path), client.get(path, headers=SWAP)
    text = part.content.decode()
    text, _, said = text.strip().partition('<p id="said"')
    assert text.startswith(f'<div id="{root}"')
    assert "".join(text.split()) in "".join(whole.content.decode().split())
    assert re.search(r"innerHTML\">[A-Z][^<]+</p>", said)  # to those who do not see it
    assert b'role="status"' in whole.content
    assert "HX-Request" in part["Vary"]


def test_going_back_in_history_gets_the_whole_page(cast: Cast, client: Client) -> None:
    headers = SWAP | {"HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/", headers=headers).content.decode()


def test_the_review_sets_result_and_scores_beside_the_forecast(
    cast: Cast, page: Callable[[str], str]
) -> None:
    ours = api_cast.issue(cast, cast.vegas)
    grid = api_cast.issue(cast, cast.vegas, model=cast.grid, day=2)
    api_cast.score(ours, log_loss=0.9)
    api_cast.score(grid, log_loss=1.4)
    text = page("/races/2024/22/")
    assert "George Russell</b> won. Our forecast gave" in text
    assert "Score card" in text
    assert "lightgbm v1" in text
    assert "grid v1" in text
    assert "The largest surprise" in text


def test_the_forecast_table_sorts_by_any_column(
    cast: Cast, page: Callable[[str], str]
) -> None:
    api_cast.issue(cast, cast.melbourne)
    assert "sort=podium" in page("/races/2025/1/?sort=podium")
    assert page("/races/2025/1/?sort=nonsense")


def test_scores_from_before_all_were_kept_are_shown_as_they_are(
    cast: Cast, page: Callable[[str], str]
) -> None:
    api_cast.score(api_cast.issue(cast, cast.vegas, day=2), log_loss=2.5)
    text = page("/track-record/")
    assert "2.500" in text
    assert "ranges that held" not in text


def test_who_speaks_and_a_shadow_of_its_name_are_two_rows(
    cast: Cast, page: Callable[[str], str]
) -> None:
    api_cast.issue(cast, cast.vegas)
    api_cast.issue(cast, cast.vegas, day=2, model=cast.lightgbm)
    score_race(race=cast.vegas)
    _, _, text = page("/track-record/").partition("Every model on these races")
    rows = re.findall(r'<th scope="row"[^>]*>(.*?lightgbm.*?)</th>', text)
    assert ["ours" in row for row in rows] == [True, False]


def test_a_cancelled_race_stays_in_the_calendar(
    cast: Cast, page: Callable[[str], str]
) -> None:
    text = page("/calendar/?season=2023")
    assert "Imola Grand Prix" in text
    assert "cancelled" in text


def test_ratings_as_of_a_day_before_the_first_race_are_empty(
    cast: Cast, page: Callable[[str], str]
) -> None:
    assert "No rating at this date" in page("/ratings/?as_of=1950-01-01")
    assert "George Russell" in page("/ratings/?as_of=not-a-day")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/drivers/", 9),
        ("/teams/", 9),
        ("/circuits/", 7),
        ("/calendar/", 11),
        ("/ratings/", 10),
        ("/ratings/all-time/", 7),
        ("/ratings/chain/?from=george-russell&to=lewis-hamilton", 13),
        ("/ratings/duels/", 11),
        ("/ratings/surprises/", 8),
        ("/ratings/history/", 11),
        ("/compare/?of=drivers&names=george-russell,lewis-hamilton", 23),
        ("/search/?q=le", 8),
        ("/data/", 16),
        ("/", 11),
        ("/races/2024/22/", 22),
    ],
)
def test_lists_cost_the_same_queries_whatever_they_hold(
    path: str,
    most: int,
    cast: Cast,
    client: Client,
    django_assert_max_num_queries: object,
) -> None:
    with django_assert_max_num_queries(most):  # type: ignore[operator]
        client.get(path)


def test_pages_send_a_strict_policy_and_no_cookie(cast: Cast, client: Client) -> None:
    response = client.get("/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not response.cookies
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_a_history_without_ratings_says_what_will_come(client: Client) -> None:
    assert "No rating yet" in client.get("/ratings/history/").content.decode()
    assert client.get("/ratings/history.json").json() == {"results": []}


def test_who_races_has_rating_peak_and_chances(db: None, client: Client) -> None:
    cast = api_cast.make()
    api_cast.issue(cast, cast.melbourne)
    text = client.get("/drivers/george-russell/").content.decode()
    strip = re.sub(r"\s+", " ", text[text.index('class="kpis"') : text.index("</dl>")])
    assert "Race rating" in strip
    assert "1st of 4" in strip
    assert "40 %" in strip
    assert "about 2 in 5 · Melbourne" in strip
    assert "80 % range 1 to 4" in strip
    assert strip.count('class="kpi"') == 4
