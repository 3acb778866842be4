"""The track record: one page for sealed and for replayed forecasts, never mixed."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from math import exp
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from f1site.base import changes
from ingestion.models import Circuit, Race, WeatherData
from predictions import tasks
from predictions.models import BacktestScore, ModelVersion, PredictionAccuracy
from predictions.services import score_race
from predictions.tests import api_cast
from predictions.tests import forecast_cast as small
from predictions.tests.api_cast import Cast
from ratings.services import replay_ratings

PATH = "/track-record/"
NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
SWAP = {"HX-Request": "true"}
CARDS = ("reliability", "skill", "ranges", "races", "misses", "models", "seasons")
Page = Callable[[str], str]


@pytest.fixture
def page(client: Client) -> Page:
    def get(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.content.decode()

    return get


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = NOW
    return api_cast.make()


@pytest.fixture
def replayed(db: None, settings: Settings) -> list[BacktestScore]:
    """Twelve races on the grid by Elo, which speaks, and two baselines; two wet."""
    settings.F1_NOW = NOW
    small.store(seasons=range(2022, 2025))
    replay_ratings()
    ModelVersion.objects.create(
        name="elo", version=1, status="primary", data_hash="0" * 64
    )
    Circuit.objects.filter(slug="circuit-2").update(kind="street")
    for year in (2023, 2024):
        race = Race.objects.by_round(year, 3)
        WeatherData.objects.create(race=race, source="test", condition="wet")
    call_command(
        "backtest",
        *("--seasons", "2023-2024", "--models", "elo,grid,uniform"),
        *("--stage", "post_qualifying,final_grid"),
        stdout=StringIO(),
    )
    ours = BacktestScore.objects.filter(model="elo", stage="final_grid")
    return list(ours.select_related("race").order_by("race"))


def words(text: str) -> str:
    """Without markup and blanks."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


@pytest.mark.django_db
def test_a_fresh_site_says_what_comes_when(page: Page, settings: Settings) -> None:
    settings.F1_NOW = NOW
    text = page(PATH)
    assert "Nothing scored yet" in text
    assert "No forecast in the chain yet" in text
    assert "every night at 04:00 UTC" in page(f"{PATH}?origin=replayed")
    assert "No sprint was replayed" in page(f"{PATH}?origin=replayed&kind=sprint")


def test_replays_stand_alone_until_a_forecast_is_scored(
    replayed: list[BacktestScore], client: Client, page: Page
) -> None:
    text = page(PATH)
    said = words(text)
    assert "Replayed. Not forecasts that were issued" in said
    assert "No sealed forecast is scored yet" in said
    assert "12 races, 2023–2024" in said
    assert 'id="origin-replayed"' in text.partition('aria-current="true"')[0]

    n_in_three = sum(score.winner_in_top3 for score in replayed)
    others = BacktestScore.objects.filter(stage="final_grid").exclude(model="elo")
    named = others.filter(winner_in_top3=True).values_list("model", flat=True)
    ((best, n_best),) = Counter(named).most_common(1)
    label = {"grid": "grid slots"}.get(best, best)
    told = f"{n_in_three} of 12 races; {label} {100 * n_best / 12:.0f} %"
    assert told in said
    mean = sum(score.log_loss for score in replayed) / 12
    assert f"{mean:.3f}" in said
    assert "Podium chances, 120 of them in 12 races" in said
    for chart in ("calibration", "winners"):
        assert text.count(f'class="plot {chart}"') == 1
    assert text.count('class="gain"') == 6  # three scores, two baselines
    assert text.count('class="tenths"') == 1
    assert "style=" not in text

    worst = max(replayed, key=lambda s: (not s.winner_hit, s.log_loss))
    misses = text.partition("Our biggest misses")[2]
    first = re.search(r'href="(/races/[^"]*)"', misses)
    assert first
    assert first[1] == f"/races/{worst.season}/{worst.round}/"

    part = client.get(PATH, headers=SWAP)
    swapped = part.content.decode().partition('<p id="said"')[0].strip()
    assert swapped.startswith('<div id="track-record"')
    assert "".join(swapped.split()) in "".join(text.split())
    assert part["HX-Push-Url"] == f"{PATH}?origin=replayed&stage=final_grid"
    back = SWAP | {"HX-History-Restore-Request": "true"}
    assert "<html" in client.get(PATH, headers=back).content.decode()


def test_in_each_column_the_best_model_has_the_dot(
    replayed: list[BacktestScore], client: Client, page: Page
) -> None:
    models = client.get("/track-record/models.json").json()["results"]
    table = page(PATH).partition("Every model on these races")[2].partition("</table>")
    rows = re.findall(r"<tr>(.*?)</tr>", table[0], re.DOTALL)[1:]
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in rows]
    for key, best, at in (("log_loss", min, 1), ("in_its_three", max, 3)):
        found = best(row[key] for row in models)
        for row, cell in zip(models, cells, strict=True):
            assert ("is-best" in cell[at]) is (row[key] == found), (row["model"], key)
    assert not any("is-best" in cell[0] for cell in cells)  # races


#: What is asked for, and what the page says then.
QUERIES = (
    ("from=2024", "6 races, 2024"),
    ("to=2023&from=2023", "6 races, 2023"),
    ("from=2024&to=2023", "12 races, 2023–2024"),
    ("circuit=street", "2 races, 2023–2024"),
    ("weather=wet", "2 races, 2023–2024"),
    ("weather=unknown&circuit=race", "8 races, 2023–2024"),
    ("circuit=road", "No race left"),
    ("stage=post_qualifying", "post-qualifying forecasts"),
    ("stage=pre_weekend", "No backtest yet"),
    ("model=grid", "Shown is grid slots, which does not speak for us"),
    ("model=nobody", "by our model, elo"),
    ("stage=x&weather=x&circuit=x&from=x&to=99999&kind=x&event=x", "12 races"),
    ("event=win", "Win chances, 120 of them"),
)


def test_the_address_says_which_races_for_the_same_queries(
    replayed: list[BacktestScore],
    client: Client,
    page: Page,
    django_assert_max_num_queries: Any,
) -> None:
    for query, said in QUERIES:
        with django_assert_max_num_queries(17):
            assert said in words(page(f"{PATH}?{query}")), query
    swapped = client.get(f"{PATH}?from=2023&to=2024&weather=wet", headers=SWAP)
    asked = f"{PATH}?origin=replayed&stage=final_grid&weather=wet"
    assert swapped["HX-Push-Url"] == asked  # all seasons, those to come too


def test_each_card_can_be_taken_along(
    replayed: list[BacktestScore], client: Client, page: Page
) -> None:
    text = page(f"{PATH}?weather=wet&event=points")
    for card in CARDS:
        for form in ("csv", "json"):
            address = (
                f"/track-record/{card}.{form}?origin=replayed&amp;stage=final_grid"
                "&amp;weather=wet&amp;event=points"
            )
            assert f'href="{address}"' in text
    races = client.get("/track-record/races.json?weather=wet").json()
    assert (races["origin"], races["stage"]) == ("replayed", "final_grid")
    assert races["n_races"] == 2
    by_race = {(score.season, score.round): score for score in replayed}
    for row in races["results"]:
        score = by_race[row["season"], row["round"]]
        assert row["log_loss"] == score.log_loss
        assert row["chance"] == pytest.approx(exp(-score.log_loss))
        assert (row["rank"] == 1) is score.winner_hit
    file = client.get("/track-record/ranges.csv")
    assert "track-record-ranges-replayed-final_grid.csv" in file["Content-Disposition"]
    rows = list(csv.DictReader(StringIO(file.content.decode())))
    assert sum(float(row["cars"]) for row in rows) == pytest.approx(120)
    gains = client.get("/track-record/skill.json").json()["results"]
    assert {row["baseline"] for row in gains} == {"grid slots", "uniform"}
    assert all(row["low"] <= row["gain"] <= row["high"] for row in gains)
    assert client.get("/track-record/nothing.csv").status_code == 404
    assert client.get("/track-record/races.xml").status_code == 404


def test_sealed_ones_are_counted_once_and_never_with_replays(
    cast: Cast, page: Page, client: Client, django_assert_num_queries: Any
) -> None:
    late = api_cast.issue(cast, cast.vegas, late=True)
    api_cast.score(late, log_loss=9.0)
    assert "Nothing scored yet" in page(PATH)
    for day, chances in ((2, [0.1, 0.2, 0.3, 0.4]), (3, [0.4, 0.3, 0.2, 0.1])):
        api_cast.issue(cast, cast.vegas, day=day, chances=chances)
        api_cast.issue(cast, cast.vegas, day=day, model=cast.grid, chances=chances)
    score_race(race=cast.vegas)
    text = page(PATH)
    said = words(text)
    assert "1 race, 2024" in said
    assert "Made, sealed and chained before the start" in said
    assert "Replayed." not in text
    # the last before the start speaks: .4 for the winner, four starters
    assert "1 of 1; we expected 40 %" in said
    assert "Podium chances, 4 of them in 1 race" in said
    assert "Few races prove little" in said
    assert "grid slots 0.916" in said
    score = PredictionAccuracy.objects.filter(forecast__is_primary=True).latest(
        "forecast__issued_at"
    )
    assert f"{score.rank_correlation:.3f} {score.kendall:.3f}" in said
    row = client.get("/track-record/races.json").json()["results"][0]
    assert row["chance"] == pytest.approx(0.4)
    assert (row["winner"], row["rank"]) == ("George Russell", 1)
    with django_assert_num_queries(15):
        client.get(PATH)


def test_sprints_have_a_record_of_their_own(cast: Cast, page: Page) -> None:
    forecast = api_cast.issue(cast, cast.vegas, kind="sprint")
    score_race(race=cast.vegas, kind="sprint")
    assert PredictionAccuracy.objects.get().forecast == forecast
    assert "Nothing scored yet" in page(PATH)
    text = page(f"{PATH}?kind=sprint")
    assert "1 sprint, 2024" in words(text)
    assert "/races/2024/22/sprint/" in text


def test_the_page_tells_what_the_walk_along_the_chain_found(
    cast: Cast, page: Page, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LOOK_EVERY_S", 0.0)
    assert tasks.verify_seals_task() == "0 forecasts, an unbroken chain"
    assert "0 forecasts, an unbroken chain" in page(PATH)
    forged = api_cast.issue(cast, cast.vegas)  # not hashed as issue() does
    settings.PAGE_CACHE_S = 300  # a page that is kept tells it at once, too
    assert "1 forecast issued since then" in words(page(PATH))
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_forecasts", stderr=StringIO())
    said = words(page(PATH))
    assert (
        f"Broken: 1 fault among 1 forecast. The first: forecast {forged.pk} holds"
        " something else than was sealed." in said
    )
    assert tasks.verify_seals_task() == tasks.DONE
