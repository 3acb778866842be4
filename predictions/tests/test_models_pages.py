"""Models as readers see them: the list, the card of a version, the shadow."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from predictions import registry
from predictions.models import ModelVersion
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

pytestmark = pytest.mark.django_db
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
        "| final_grid | elo, grid |",
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
    with django_assert_max_num_queries(8):
        said = page(client, "/models/")
    places = [said.index(name) for name in ("lightgbm v1", "logit v1", "grid v1")]
    assert places == sorted(places)
    assert "baseline, to measure others against" in said
    assert 'href="/models/lightgbm/1/"' in said


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
