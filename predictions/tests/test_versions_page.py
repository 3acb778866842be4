"""A race's page shows any version of the result, and the scores made against it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.models import Correction, Driver, Race, RaceResult, ResultVersion
from ingestion.services.versions import note_versions
from predictions import services
from predictions.models import Forecast, PredictionAccuracy
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

RACE = "/races/2024/22/"
SWAP = {"HX-Request": "true"}
Get = Callable[..., str]


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    """Las Vegas on the evening of the race: forecast, held, not yet scored."""
    settings.F1_NOW = datetime(2024, 11, 24, 9, tzinfo=UTC)
    cast = api_cast.make()
    api_cast.issue(cast, cast.vegas)
    return cast


@pytest.fixture
def get(client: Client) -> Get:
    def page(path: str, headers: dict[str, str] | None = None) -> str:
        response = client.get(path, headers=headers)
        assert response.status_code == 200, path
        return " ".join(response.content.decode().split())

    return page


def disqualify_russell(race: Race, settings: Settings) -> ResultVersion:
    """Weeks later the winner is out, who was second has won, the third is second."""
    settings.F1_NOW = datetime(2024, 12, 18, 10, tzinfo=UTC)
    rows = RaceResult.objects.filter(race=race).order_by("display_order")
    rows.filter(display_order=1).update(
        display_order=9, position=None, is_classified=False, status="disqualified"
    )
    points = [Decimal(25), Decimal(18), Decimal(0)]
    for place, row in enumerate(rows.filter(display_order__lt=9), start=1):
        row.position = row.position and place
        row.display_order, row.points = place, points[place - 1]
        row.save()
    rows.filter(display_order=9).update(points=0, reason="Plank worn")
    correction = Correction.objects.create(
        reason="Plank worn", link="https://example.org/document-61"
    )
    (version,) = note_versions([race.pk], source="correction", correction=correction)
    return version


def confirm(race: Race, settings: Settings) -> None:
    settings.F1_NOW = datetime(2024, 11, 27, 10, tzinfo=UTC)
    note_versions([race.pk], source="archive")


def test_one_version_is_one_quiet_line(cast: Cast, get: Get) -> None:
    text = get(RACE)
    assert "Provisional, as of" in text
    assert "archive (F1DB)" in text
    assert "Versions of the result" not in text
    assert "History" not in text


def test_it_lists_every_version_with_date_and_source(
    cast: Cast, get: Get, settings: Settings
) -> None:
    confirm(cast.vegas, settings)
    disqualify_russell(cast.vegas, settings)
    text = get(RACE)
    card = text[text.index("Versions of the result") :]
    assert card.index("Amended") < card.index("Final") < card.index("Provisional")
    for known in ("18 Dec 2024, 10:00 UTC", "27 Nov 2024, 10:00 UTC"):
        assert known in card
    assert "Plank worn" in card
    assert "https://example.org/document-61" in card
    assert card.count("newest") == 1
    assert "Not the newest" not in text


def test_it_says_what_an_amendment_changed(
    cast: Cast, get: Get, settings: Settings
) -> None:
    disqualify_russell(cast.vegas, settings)
    text = get(RACE)
    assert "Version 3 against" not in text
    moved = text[text.index("Version 2 against version 1") :]
    moved = moved[: moved.index("</table>")]
    assert "1 → <b>DSQ</b>" in moved
    assert "2 → <b>1</b>" in moved
    assert "18.5 → <b>25</b>" in moved
    assert "Leclerc" not in moved  # retired before and after


def test_any_version_can_be_shown(cast: Cast, get: Get, settings: Settings) -> None:
    disqualify_russell(cast.vegas, settings)
    newest, older = get(RACE), get(f"{RACE}?version=1")
    table = newest[newest.index('id="result-title"') :]
    assert table.index("Lewis Hamilton") < table.index("George Russell")
    assert "Not the newest" in older
    assert "This is version 1, provisional." in older
    assert "against version" not in older
    table = older[older.index('id="result-title"') :]
    assert table.index("George Russell") < table.index("Lewis Hamilton")
    assert "DSQ" not in older
    assert "What it did to the ratings" not in older


def test_a_version_is_a_fragment_of_the_same_words(
    cast: Cast, get: Get, settings: Settings
) -> None:
    disqualify_russell(cast.vegas, settings)
    fragment = get(f"{RACE}?version=1", headers=SWAP)
    fragment = fragment.partition('<p id="said"')[0].strip()
    assert fragment.startswith('<div id="race-forecast"')
    assert fragment in get(f"{RACE}?version=1")


def test_links_keep_the_version(cast: Cast, get: Get, settings: Settings) -> None:
    disqualify_russell(cast.vegas, settings)
    older = get(f"{RACE}?version=1")
    assert f'href="{RACE}?stage=pre_weekend&amp;version=1"' in older
    assert f'href="{RACE}?stage=pre_weekend&amp;version=1&amp;sort=grid"' in older
    assert f'href="{RACE}"' in older  # of the newest
    with_stage = get(f"{RACE}?version=1&stage=pre_weekend")
    assert f'href="{RACE}?stage=pre_weekend&amp;version=1"' in with_stage


@pytest.mark.parametrize("asked", ["2", "0", "-1", "x", "", "1.0", "9" * 30])
def test_a_version_that_is_not_there_is_a_404(
    asked: str, cast: Cast, client: Client
) -> None:
    response = client.get(f"{RACE}?version={asked}")
    assert response.status_code == 404
    assert "site.css" in response.content.decode()


def test_scores_belong_to_a_version(cast: Cast, get: Get, settings: Settings) -> None:
    confirm(cast.vegas, settings)
    (before,) = services.score_race(race=cast.vegas)
    disqualify_russell(cast.vegas, settings)
    waiting = get(RACE)
    assert "final result of 27 Nov 2024; the newest is not scored yet" in waiting
    (after,) = services.score_race(race=cast.vegas)
    assert services.score_race(race=cast.vegas) == []

    assert before.result_version and after.result_version
    assert (before.result_version.number, after.result_version.number) == (2, 3)
    assert before.log_loss < after.log_loss
    before.refresh_from_db()
    assert (before.is_current, after.is_current) == (False, True)

    newest, older = get(RACE), get(f"{RACE}?version=2")
    assert "Against the amended result of 18 Dec 2024." in newest
    assert "Against the final result of 27 Nov 2024." in older
    assert f"{after.log_loss:.2f}" in newest
    assert f"{before.log_loss:.2f}" in older


def test_a_version_that_nobody_scored_has_no_score_card(
    cast: Cast, get: Get, settings: Settings
) -> None:
    disqualify_russell(cast.vegas, settings)
    services.score_race(race=cast.vegas)
    older = get(f"{RACE}?version=1")
    assert "Score card" not in older
    assert "Versions of the result" in older


def test_details_alone_are_no_move(cast: Cast, get: Get, settings: Settings) -> None:
    cast.vegas.results.filter(position=1).update(pit_stops=2)
    note_versions([cast.vegas.pk], source="archive")
    assert "No place, status or points changed." in get(RACE)


def test_a_driver_who_is_gone_has_no_dead_link(
    cast: Cast, get: Get, settings: Settings
) -> None:
    disqualify_russell(cast.vegas, settings)
    version = ResultVersion.objects.get(race=cast.vegas, kind="race", number=1)
    version.rows[0] |= {"driver": "gordon-murray", "team": "brabham"}
    version.save()
    older = get(f"{RACE}?version=1")
    assert "Gordon Murray" in older
    assert "Brabham" in older
    assert "/drivers/gordon-murray/" not in older
    assert "/teams/brabham/" not in older
    assert not Driver.objects.filter(slug="gordon-murray").exists()


def test_an_editor_is_led_to_the_history(
    cast: Cast, admin_client: Client, settings: Settings
) -> None:
    disqualify_russell(cast.vegas, settings)
    text = admin_client.get(RACE).content.decode()
    address = f"/admin/ingestion/resultversion/?race__id__exact={cast.vegas.pk}"
    assert f'href="{address}"' in text
    history = admin_client.get(address)
    assert history.context["cl"].result_count == 3  # two of the race, one of the sprint


def test_a_race_costs_a_few_queries(
    cast: Cast, get: Get, settings: Settings, django_assert_max_num_queries: Any
) -> None:
    services.score_race(race=cast.vegas)
    disqualify_russell(cast.vegas, settings)
    with django_assert_max_num_queries(30):
        get(RACE)
    with django_assert_max_num_queries(30):
        get(f"{RACE}?version=1")


def test_old_scores_are_kept_without_counting(cast: Cast, settings: Settings) -> None:
    services.score_race(race=cast.vegas)
    disqualify_russell(cast.vegas, settings)
    services.score_race(race=cast.vegas)
    forecast = Forecast.objects.get()
    assert forecast.scores.count() == 2
    assert PredictionAccuracy.objects.filter(is_current=True).count() == 1


def test_the_slopes_follow_the_version_of_the_result(
    cast: Cast, get: Get, settings: Settings
) -> None:
    def told(text: str) -> list[str]:
        _, _, card = text.partition('id="slope-title"')
        return re.findall(r"<title>(.*?)</title>", card)[:4]

    assert told(get(RACE))[0] == "George Russell forecast 2.5, result 1, up 1.5"
    services.score_race(race=cast.vegas)
    disqualify_russell(cast.vegas, settings)
    now = told(get(RACE))
    assert now[0] == "Lewis Hamilton forecast 2.5, result 1, up 1.5"
    assert now[3] == "George Russell forecast 2.5, result DSQ"
    assert told(get(f"{RACE}?version=1"))[0].startswith("George Russell")
    before = get("/races/2025/1/")
    assert 'id="slope-title"' not in before
