"""Models as readers see them: the list, the card of a version, the shadow."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from ingestion.models import Circuit
from ingestion.tests.factories import make_race
from predictions import registry
from predictions.models import Backtest, BacktestScore, ModelVersion
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
EVIDENCE = {
    "final_grid": {
        "source": "backtest 3",
        "conditions": [
            {"name": "primary", "is_met": True, "words": "better than the primary"}
        ],
    }
}


@pytest.fixture
def cast() -> Cast:
    """LightGBM speaks, a logit is in the shadow; both were scored once."""
    cast = api_cast.make()
    model = cast.lightgbm
    model.features = {"pre_weekend": ["elo"], "final_grid": ["elo", "grid"]}
    model.parameters = {"num_leaves": 6}
    model.metrics = {"n_races": 512, "n_rows": 10840}
    model.save()
    registry.note(model, "promoted", reason="passed the gate", evidence=EVIDENCE)
    api_cast.score(api_cast.issue(cast, cast.vegas), log_loss=0.75)
    api_cast.score(api_cast.issue(cast, cast.vegas, model=shadow()), log_loss=1.25)
    return cast


def shadow() -> ModelVersion:
    fields = {"data_hash": "0" * 64, "status": "shadow"}
    return ModelVersion.objects.create(name="logit", version=1, **fields)


def card(*arguments: str) -> str:
    out = StringIO()
    call_command("model_card", *arguments, stdout=out)
    return out.getvalue()


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_card_holds_what_the_database_holds(cast: Cast) -> None:
    text = card("lightgbm")
    for told in (
        "# lightgbm v1",
        "Gradient boosted trees.",
        "| Status | primary: speaks for the platform |",
        "| Up to | 2024 Las Vegas Grand Prix |",
        "| Races, rows | 512, 10840 |",
        "| pre_weekend, final_grid | elo |",
        "| final_grid | grid |",
        "| num_leaves | 6 |",
        "| pre_weekend | 1 | 0.750 | [0.75, 0.75] | 0.500 | 0.2000 | 100.0% | 100.0% |",
        "No stored backtest of this configuration.",
        "Scored on 1 race since it was fitted; the gate asks for 40.",
        "Does not forecast at post_practice, post_qualifying.",
        "promoted: passed the gate",
        "  - final_grid, backtest 3: better than the primary",
    ):
        assert told in text, told


def test_written_twice_it_is_the_same(cast: Cast, tmp_path: Path) -> None:
    for _ in range(2):
        card("lightgbm", "--write", str(tmp_path))
        path = tmp_path / "lightgbm.md"
        assert path.read_text() == card("lightgbm")
        path.touch()


def test_a_card_of_nobody(cast: Cast) -> None:
    with pytest.raises(CommandError, match="no model version 'oracle'"):
        card("oracle")


def test_a_harmed_version_says_so(cast: Cast, client: Client) -> None:
    cast.lightgbm.files = {"model.json": "0" * 64}
    cast.lightgbm.save()
    assert "model.json cannot be read" in card("lightgbm")
    said = page(client, "/models/lightgbm/1/")
    assert "a file is missing or was changed" in said
    # where it lies is nobody's business
    assert str(registry.folder_of(cast.lightgbm)) not in said


def test_the_list_begins_with_who_speaks(
    cast: Cast, client: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        said = page(client, "/models/")
    places = [said.index(name) for name in ("lightgbm v1", "logit v1", "grid v1")]
    assert places == sorted(places)
    assert "baseline, to measure others against" in said
    assert 'href="/models/lightgbm/1/"' in said


def replay(n: int, **losses: Callable[[int], float]) -> None:
    """A backtest of so many races, each model with a log loss for each of them."""
    backtest = Backtest.objects.create(
        seasons=[2022],
        stages=["final_grid"],
        model_names=list(losses),
        as_of=NOW,
        finished_at=NOW,
        state=Backtest.State.DONE,
        n_races=n,
    )
    for i in range(n):
        race = make_race(2022, i + 1, circuit=Circuit.objects.first())
        for name, loss in losses.items():
            BacktestScore.objects.create(
                backtest=backtest,
                race=race,
                stage="final_grid",
                model=name,
                season=2022,
                round=i + 1,
                n_starters=20,
                log_loss=loss(i),
                brier=0.5,
                rps=0.2,
                winner_hit=False,
                winner_in_top3=name in ("lightgbm", "standings"),
                podium_overlap=0,
                podium_brier=0.07,
                rank_correlation=0.5,
                drivers=[],
                places=[],
                positions=[],
            )


def words(text: str) -> str:
    """Without markup and blanks."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_replays_stand_side_by_side_and_drift_is_told(
    cast: Cast, client: Client, django_assert_max_num_queries: Any
) -> None:
    replay(
        26,
        lightgbm=lambda i: 1.0 + 0.1 * (i % 2) + (i >= 16),
        grid=lambda i: 2.0 + 0.1 * (i % 2),
        logit=lambda i: 1.3 + 0.1 * (i % 2),
        random_forest=lambda i: 0.5 + 0.1 * (i % 2),  # issues nothing, yet beats all
    )
    with django_assert_max_num_queries(14):
        said = page(client, "/models/?origin=replayed")
    text = words(said)
    mean = sum(1.0 + 0.1 * (i % 2) + (i >= 16) for i in range(26)) / 26
    assert "Replayed. Not forecasts that were issued" in text
    assert f"Log loss, winner {mean:.3f} 26 races" in text
    assert re.search(r"random forest replayed only 0\.550 ", text)
    assert "worse than before: 2.05 after 1.05" in text
    assert text.count("no drift to be seen in 10 races") == 3
    # ours leads nowhere but in its three; who issues nothing has the least loss
    best = re.findall(r'class="is-best">([^<]*)<', said)
    assert best == ["0.0700", "100\u202f%", "0.550", *["0.0700"] * 3]
    assert said.count('class="range-bar"') == said.count('class="spark"') == 4

    answer = client.get("/models/side-by-side.csv?origin=replayed")
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert [(row["model"], row["role"]) for row in rows] == [
        ("lightgbm", "ours"),
        ("random_forest", "replayed only"),
        ("logit", "in the shadow"),
        ("grid", "baseline"),
    ]
    for row in rows:
        assert float(row["low"]) <= float(row["log_loss"]) <= float(row["high"])
    told = client.get("/models/drift.json?origin=replayed").json()
    assert (told["origin"], told["stage"]) == ("replayed", "final_grid")
    assert told["results"][0]["difference"] == pytest.approx(1.0)
    assert client.get("/models/nothing.csv").status_code == 404
    part = client.get("/models/?origin=replayed", headers={"HX-Request": "true"})
    assert part.content.decode().strip().startswith('<div id="model-measures"')
    assert part["HX-Push-Url"] == "/models/?origin=replayed"


def test_our_three_stand_beside_the_baseline_that_is_best_at_them(
    cast: Cast, client: Client
) -> None:
    replay(4, lightgbm=lambda i: 1.0, grid=lambda i: 1.5, standings=lambda i: 2.0)
    text = words(page(client, "/models/?origin=replayed"))
    assert "Lower than grid slots, the best baseline, by" in text
    assert "first three 100 % 4 of 4 races; standings 100 %" in text


def test_sealed_scores_are_told_apart_from_replays(cast: Cast, client: Client) -> None:
    replay(25, lightgbm=lambda i: 3.0, grid=lambda i: 4.0)
    text = words(page(client, "/models/"))
    assert "Log loss, winner 0.750 1 race" in text
    assert "too few races to tell: 1 of 20" in text
    assert "Few races prove little" in text
    assert "3.000" not in text


def test_what_a_model_told_in_the_shadow_stays_its_own(
    cast: Cast, client: Client
) -> None:
    logit, ours = ModelVersion.objects.get(name="logit"), cast.lightgbm
    ModelVersion.objects.filter(pk=ours.pk).update(status="retired")
    ModelVersion.objects.filter(pk=logit.pk).update(status="primary")
    rows = client.get("/models/side-by-side.json").json()["results"]
    assert [(row["model"], row["log_loss"]) for row in rows if row["races"]] == [
        ("logit", 1.25)
    ]


def test_superseded_versions_are_folded_into_the_newest(
    cast: Cast, client: Client
) -> None:
    for number in (2, 3, 4):
        ModelVersion.objects.create(name="grid", version=number, data_hash="0" * 64)
    said = page(client, "/models/").partition("Every version")[2]
    row = said.partition('href="/models/grid/4/"')[2].partition("</tr>")[0]
    assert "3 older" in row
    folded = row.partition("<details")[2].partition("</details>")[0]
    links = re.findall(r'href="/models/grid/(.)/"', folded)
    assert links == ["3", "2", "1"]


def test_staff_alone_are_led_to_the_admin(cast: Cast, client: Client) -> None:
    address = "/admin/predictions/modelversion/"
    assert address not in page(client, "/models/")
    staff = User.objects.create_user("staff@example.org", is_staff=True)
    client.force_login(staff)
    assert f'href="{address}"' in page(client, "/models/")


def test_without_any_model_it_says_what_comes(db: None, client: Client) -> None:
    text = words(page(client, "/models/"))
    assert "Nobody yet" in text
    assert "Nothing scored yet" in text


def test_the_page_of_a_version_is_its_card(cast: Cast, client: Client) -> None:
    said = page(client, "/models/lightgbm/1/")
    for told in ("Gradient boosted trees", "0.750", "Passed the gate", "backtest 3"):
        assert told.lower() in said.lower(), told
    assert client.get("/models/lightgbm/7/").status_code == 404


def test_pages_name_the_version_and_the_shadow(cast: Cast, client: Client) -> None:
    race = page(client, "/races/2024/22/")
    assert race.count('href="/models/lightgbm/1/"') == 2
    assert "in the shadow" in race
    record = page(client, "/track-record/")
    assert "in the shadow" in record
    assert 'href="/models/"' in record


def test_the_api_tells_status_and_events(cast: Cast, client: Client) -> None:
    first = client.get("/api/v1/models/?status=shadow").json()["results"]
    assert [row["name"] for row in first] == ["logit"]
    told = client.get("/api/v1/models/lightgbm/1/").json()
    assert told["status"] == "primary"
    assert told["cutoff"]["round"] == 22
    assert told["metrics"] == {"n_races": 512, "n_rows": 10840}
    assert told["events"][0]["what"] == "promoted"
    assert told["events"][0]["evidence"] == EVIDENCE
    assert told["last_event"] == told["events"][0]
