"""A typed client, generated from the description, asks the site."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from predictions.tests import api_cast

NAME = "generated_f1_client"


@pytest.fixture
def api(
    live_server: LiveServer,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Any, Any]]:
    """Its package, and a client of it that knows where the site is."""
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cast = api_cast.make()
    api_cast.issue(cast, cast.melbourne)
    description = tmp_path / "schema.json"
    description.write_text(json.dumps(Client().get("/api/schema/?format=json").json()))
    settled = tmp_path / "settings.yml"
    settled.write_text("post_hooks: []\n")
    generate(description, settled, tmp_path / NAME)
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module(NAME)
    yield package, package.Client(base_url=live_server.url)
    for name in [name for name in sys.modules if name.startswith(NAME)]:
        del sys.modules[name]


def generate(description: Path, settled: Path, to: Path) -> None:
    tool = Path(sys.executable).with_name("openapi-python-client")
    options = ["--meta", "none", "--fail-on-warning", "--config", str(settled)]
    options += ["--path", str(description), "--output-path", str(to)]
    told = subprocess.run(
        [str(tool), "generate", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def call(api: tuple[Any, Any], operation: str, *args: Any, **kwargs: Any) -> Any:
    """What the function of an operation returns: an object of a generated class."""
    _, client = api
    module = importlib.import_module(f"{NAME}.api.{operation}")
    return module.sync(*args, client=client, **kwargs)


@pytest.mark.django_db(transaction=True)
def test_it_reads_races_results_and_forecasts(api: tuple[Any, Any]) -> None:
    races = call(api, "races.v1_races_list", season=2024)
    assert [race.name for race in races.results] == ["Las Vegas Grand Prix"]
    (race,) = races.results
    assert race.starts_on.isoformat() == "2024-11-24"

    rows = call(api, "races.v1_races_results_list", race.season, str(race.round_))
    assert rows.results[0].driver == "george-russell"
    assert rows.results[1].points == 18.5
    assert rows.results[3].position is None

    coming = call(api, "predictions.v1_predictions_next_race_retrieve")
    assert coming.race.name == "Melbourne Grand Prix"
    assert sum(one.p_win for one in coming.predictions) == pytest.approx(1)

    missing = call(api, "drivers.v1_drivers_retrieve", "nobody")
    assert type(missing).__name__ == "Error"
    assert missing.code == "not_found"
