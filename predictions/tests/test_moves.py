"""What moved a rating, in words: on its own, and on the pages of drivers and teams."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from f1site.testing.lasting import lasting
from ingestion.models import RaceResult, TeamEra
from ingestion.tests.factories import MiniSeason, make_team, mini_season
from predictions.views import moves
from predictions.views.presenters.moves import (
    Compared,
    in_words,
    why_no_car,
    why_not,
    why_not_rated,
)
from ratings.comparisons import compare
from ratings.config import RACE
from ratings.history import Ending
from ratings.models import RatingChange
from ratings.opponents import Opponents, opponents
from ratings.services import replay_ratings

Seasons = list[MiniSeason]


def race(**facts: Any) -> Compared:
    known = {
        "before": 1500.0,
        "after": 1512.0,
        "k_factor": 40.0,
        "actual": 14 / 18,
        "expected": 11.3 / 18,
        "n_opponents": 18,
    }
    return Compared(**(known | facts))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "+12: beat 14 of 18, expected 11.3"),
        ({"after": 1499.6}, "−0.4: beat 14 of 18, expected 11.3"),
        ({"after": 1490.0, "actual": 0.5}, "−10: beat 9 of 18, expected 11.3"),
        ({"actual": 4.5 / 18}, "+12: beat 4.5 of 18, expected 11.3"),
        (
            {"n_crashed": 2, "crash_weight": 0.08, "actual": 14.16 / 18.16},
            "+12: beat 14 of 18, expected 11.3",
        ),
        (
            {"has_crashed": True, "actual": 0.0, "after": 1498.0},
            "−2: crashed, which counts little: beat 0 of 18, expected 11.3",
        ),
        ({"k_factor": 0.0, "why_not": "unwell"}, "unwell: not counted"),
        ({"k_factor": 0.0}, "nobody to compare with: not counted"),
        ({"n_opponents": 0}, "+12: compared with cars that crashed alone"),
        (
            {"n_cars": 2, "actual": 12.5 / 18},
            "+12: a car on average beat 12.5 of 18, expected 11.3",
        ),
        ({"n_cars": 1}, "+12: the one car that finished beat 14 of 18, expected 11.3"),
        (
            {"n_cars": 1, "has_crashed": True},
            "+12: a car on average, the crashed one counting little, beat 14 of 18,"
            " expected 11.3",
        ),
    ],
)
def test_a_race_in_words(facts: dict[str, Any], said: str) -> None:
    assert in_words(race(**facts)) == said


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("retired", "Engine", "mechanical failure (engine)"),
        ("retired", "Unwell", "retired (unwell)"),
        ("retired", "", "retired, cause unknown"),
        ("retired", "Collision", ""),
        ("not_classified", "", "too far behind to be classified"),
    ],
)
def test_why_a_race_does_not_count(status: str, reason: str, said: str) -> None:
    assert why_not(status, reason) == said


def test_why_a_race_counts_for_no_car_and_is_not_rated() -> None:
    assert why_no_car(["engine", "engine"]) == "both cars: engine"
    assert why_no_car(["engine", "brakes"]) == "engine; brakes"
    assert why_no_car(["engine"]) == "engine"
    assert why_no_car([]) == ""
    assert why_not_rated("disqualified") == "disqualified: not rated"
    assert why_not_rated("finished") == "a race that is not rated"


@given(
    n_finished=st.integers(1, 24),
    n_crashed=st.integers(0, 12),
    place=st.integers(0, 23),
    expected=st.floats(0, 1),
)
def test_who_finished_beat_a_whole_number_of_those_who_did(
    n_finished: int, n_crashed: int, place: int, expected: float
) -> None:
    """The count is that of the classification, whatever crashed cars weigh, and as
    far from what was expected as the engine has it."""
    place %= n_finished
    n = n_finished + n_crashed
    ending = np.array([Ending.FINISHED] * n_finished + [Ending.CRASHED] * n_crashed)
    shares = compare(np.zeros(n, np.int64), np.arange(n), RACE.weights[ending])
    told = race(
        actual=float(shares.actual[place]),
        expected=expected,
        n_opponents=n_finished - 1,
        n_crashed=n_crashed,
        crash_weight=float(RACE.weights[Ending.CRASHED]),
    )
    if n_finished > 1:
        assert told.beaten == n_finished - 1 - place
    if told.n_opponents:
        gap = (told.beaten - told.expected_beaten) / told.n_opponents
        assert gap == pytest.approx(told.actual - expected, abs=1e-9)


# --- pages ------------------------------------------------------------------------
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


def _rated() -> Seasons:
    seasons = [mini_season(2023), mini_season(2024)]
    results = seasons[1].races[0].results
    results.filter(driver__slug="carlos-sainz-jr").update(
        position=None, is_classified=False, status="retired", reason="Collision"
    )
    results.filter(driver__slug="charles-leclerc").update(position=3)
    replay_ratings()
    return seasons


made = lasting(_rated, F1_NOW=NOW)


@pytest.fixture
def rated(made: Callable[[], Seasons], db: None, settings: Settings) -> Seasons:
    """Two seasons; in the first race of the second, Sainz crashes and Norris stops."""
    settings.F1_NOW = NOW
    return made()


def text_of(client: Client, path: str, **headers: Any) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200, path
    return re.sub(r"\s+", " ", response.content.decode())


def test_opponents_are_counted_by_how_they_ended(rated: Seasons) -> None:
    first = rated[1].races[0].pk
    assert opponents("race", [first]) == {first: Opponents(3, 1)}
    assert opponents("qualifying", [first]) == {first: Opponents(6, 0)}
    assert opponents("race", []) == {}


def test_a_driver_page_explains_the_newest_season(
    rated: Seasons, client: Client
) -> None:
    whole = text_of(client, "/drivers/charles-leclerc/")
    season = text_of(client, "/drivers/charles-leclerc/?season=2024")
    change = RatingChange.objects.get(
        race=rated[1].races[0], kind="race", driver__slug="charles-leclerc"
    )
    moved = change.after - change.before
    sign = "+" if moved > 0 else "−"
    digits = 1 if abs(moved) < 0.95 else 0
    words = f"{sign}{abs(moved):.{digits}f}: beat 0 of 2, expected "
    # As the reading of the point, and in the table of its season.
    assert whole.count(words) == season.count(words) == 1
    assert "What moved it in 2024" in season
    assert "What moved it" not in whole
    assert "Bahrain Grand Prix 2023: " in whole  # the line has all of them


def test_what_does_not_count_says_why(rated: Seasons, client: Client) -> None:
    assert "mechanical failure (engine): not counted" in text_of(
        client, "/drivers/lando-norris/"
    )
    sainz = text_of(client, "/drivers/carlos-sainz-jr/")
    assert "crashed, which counts little: beat 0 of 3, expected " in sainz


def test_who_stopped_near_the_end_is_told_as_who_stopped_early(
    rated: Seasons, client: Client
) -> None:
    """Both are classified: Leclerc stood still, Sainz went off."""
    results = rated[1].races[0].results
    for place, (slug, reason) in enumerate(
        {"charles-leclerc": "Fuel system", "carlos-sainz-jr": "Accident"}.items(),
        start=3,
    ):
        results.filter(driver__slug=slug).update(
            position=place, is_classified=True, status="retired", reason=reason
        )
    replay_ratings()
    changes = RatingChange.objects.filter(race=rated[1].races[0], kind="race")
    assert changes.get(driver__slug="charles-leclerc").k_factor == 0
    leclerc = text_of(client, "/drivers/charles-leclerc/?season=2024")
    assert "mechanical failure (fuel system): not counted" in leclerc
    sainz = text_of(client, "/drivers/carlos-sainz-jr/?season=2024")
    n_finished = opponents("race", [rated[1].races[0].pk])[rated[1].races[0].pk]
    assert n_finished == Opponents(2, 1)
    assert "crashed, which counts little: beat 0 of 2, expected " in sainz
    ferrari = text_of(client, "/teams/ferrari/?season=2024")
    assert "crashed, which counts little: a car beat 0 of 2, expected" in ferrari


def test_what_is_not_rated_is_told_too(rated: Seasons, client: Client) -> None:
    last = rated[1].races[2]
    RaceResult.objects.filter(race=last, driver__slug="lando-norris").update(
        position=None, is_classified=False, status="disqualified"
    )
    replay_ratings()
    path = "/drivers/lando-norris/?season=2024"
    assert "disqualified: not rated" in text_of(client, path)


def test_seasons_and_sessions_are_links(rated: Seasons, client: Client) -> None:
    path = "/drivers/charles-leclerc/?session=qualifying&season=2023"
    swap = text_of(client, path, **{"HX-Request": "true"})
    assert swap.strip().startswith('<div id="driver-body"')
    assert "What moved it in 2023" in swap
    assert "beat 3 of 5, expected" in swap
    assert (
        'href="/drivers/charles-leclerc/?session=qualifying&amp;season=2024#driver-body"'
        in swap
    )
    assert "No race in a season “1950”: this is 2024." in text_of(
        client, "/drivers/charles-leclerc/?season=1950"
    )


def test_a_team_page_has_its_cars_and_its_names_in_time(
    rated: Seasons, client: Client
) -> None:
    team = make_team("scuderia-nova")
    TeamEra.objects.create(
        team=rated[0].teams["charles-leclerc"],
        lineage="ferrari",
        first_year=1950,
        last_year=2023,
    )
    TeamEra.objects.create(team=team, lineage="ferrari", first_year=2024)
    for held in rated[1].races:
        held.results.filter(team__slug="ferrari").update(team=team)
        held.qualifying_results.filter(team__slug="ferrari").update(team=team)
    replay_ratings()
    text = text_of(client, "/teams/scuderia-nova/")
    assert "Rating of the car, under each of its names" in text
    assert ">Ferrari</text>" in text
    assert re.search(r"Bahrain Grand Prix 2023: \d+ · Ferrari", text)
    assert re.search(r"Bahrain Grand Prix 2024: \d+ · Scuderia Nova", text)
    text = text_of(client, "/teams/scuderia-nova/?season=2024")
    assert "a car on average beat 1.5 of 2, expected" in text
    assert "a car on average, the crashed one counting little, beat" in text
    assert re.search(r">LEC</a>\s*[+−][\d.]+: beat 0 of 2", text)
    assert "both cars: mechanical failure (engine): not counted" in text_of(
        client, "/teams/mclaren/"
    )


def test_long_lines_are_told_by_season(
    rated: Seasons, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "MANY", 3)
    text = text_of(client, "/teams/ferrari/")
    assert "The last race of each season says what moved it" in text
    assert "Bahrain Grand Prix 2023:" not in text
    assert "Australia Grand Prix 2023:" in text
    assert "Bahrain Grand Prix 2024:" in text


def test_who_was_never_rated_has_an_empty_state(rated: Seasons, client: Client) -> None:
    make_team("lola")
    assert "No race in the record yet" in text_of(client, "/teams/lola/")
    assert "No race to explain yet" in text_of(client, "/teams/lola/?season=2024")
