"""What forecasts were made of: stored, sealed, and good for making them again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pytest_django.fixtures import Settings

from ingestion.models import Race
from predictions import inputs as inputs_module
from predictions import registry, sealing, services
from predictions.features import Knowledge, start_of
from predictions.forecasting.frame import COLUMNS, Frame
from predictions.inputs import NoStoredInputsError, inputs_of
from predictions.models import Forecast, ForecastInputs, Prediction
from predictions.tests import forecast_cast as cast


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    n, n_names = draw(st.integers(0, 4)), draw(st.integers(0, 3))
    facts = arrays.arrays(np.float64, (n, n_names), elements=st.floats())
    words = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
    columns: dict[str, Any] = {
        name: np.array(draw(st.lists(words, min_size=n, max_size=n)), dtype=kind)
        if kind is np.str_
        else draw(arrays.arrays(kind, n))
        for name, kind in COLUMNS.items()
    }
    names = draw(st.lists(words, min_size=n_names, max_size=n_names))
    return Frame(names=tuple(names), facts=draw(facts), **columns)


@given(frames())
def test_a_frame_survives_its_text_bit_for_bit(frame: Frame) -> None:
    again = Frame.load(frame.dump())
    assert again.digest == frame.digest
    assert again.dump() == frame.dump()
    assert again.names == frame.names
    one_nan = np.where(np.isnan(frame.facts), np.nan, frame.facts)
    assert again.facts.tobytes() == one_nan.tobytes()
    for name in COLUMNS:
        assert getattr(again, name).tolist() == getattr(frame, name).tolist()


WITHOUT_TEAM: dict[str, list[Any]] = {name: [1] for name in COLUMNS}
WITHOUT_TEAM |= {"names": [], "facts": [[]], "team": []}


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"names": 1}', json.dumps(WITHOUT_TEAM)]
)
def test_other_text_is_no_frame(text: str) -> None:
    with pytest.raises(ValueError, match="no frame"):
        Frame.load(text)


@pytest.fixture
def ahead(settings: Settings, tmp_path: Path) -> Race:
    settings.MODEL_DIR = tmp_path / "models"
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    race = cast.store_rated()
    return race


def issue(race: Race, *names: str) -> Forecast:
    (issued,) = services.forecast_race(race=race, names=names or ("elo",))
    return issued.forecast


def reproduce(forecast: Forecast) -> str:
    out = StringIO()
    call_command("reproduce_forecast", str(forecast.pk), stdout=out)
    return out.getvalue()


def change(inputs: ForecastInputs, part: str) -> None:
    frame = json.loads(inputs.frame)
    match part:
        case "cars":
            inputs.cars[0][2] = "99"
        case "no cars":
            inputs.cars = [None]
        case "round":
            frame["round"][0] = 99
        case "a team less":
            frame["team"].pop()
        case _:
            new = "-1.5" if part == "facts" else "?"
            inputs.frame = inputs.frame.replace("NaN", new, 1)
            return
    inputs.frame = json.dumps(frame)


@contextmanager
def unsealed(table: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE predictions_{table} DISABLE TRIGGER USER")
        yield
        cursor.execute(f"ALTER TABLE predictions_{table} ENABLE TRIGGER USER")


@pytest.mark.django_db
class TestStored:
    def test_they_are_what_the_model_saw(self, ahead: Race) -> None:
        forecast = issue(ahead)
        _, rows = Knowledge(start_of(ahead)).rows_of(ahead, "pre_weekend")
        assert inputs_of(forecast).digest == rows.digest
        assert not list(sealing.faults())

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE {} SET frame = ''", "DELETE FROM {}", "TRUNCATE {}"],
    )
    def test_the_database_refuses_a_change(self, ahead: Race, statement: str) -> None:
        issue(ahead)
        with (
            connection.cursor() as cursor,
            pytest.raises(IntegrityError, match="sealed"),
            transaction.atomic(),
        ):
            cursor.execute("SET LOCAL f1.test_database = 'off'")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement.format("predictions_forecastinputs"))

    @pytest.mark.parametrize(
        "part", ["facts", "text", "cars", "round", "a team less", "no cars"]
    )
    def test_a_change_is_found(self, ahead: Race, part: str) -> None:
        forecast = issue(ahead)
        inputs = ForecastInputs.objects.get(forecast=forecast)
        change(inputs, part)
        with unsealed("forecastinputs"):
            inputs.save()
        (fault,) = sealing.faults()
        assert fault.forecast == forecast.pk
        assert "inputs" in fault.reason

    def test_inputs_that_were_taken_out_are_missed(self, ahead: Race) -> None:
        issue(ahead)
        later = issue(ahead, "uniform")
        with unsealed("forecastinputs"):
            ForecastInputs.objects.filter(forecast=later).delete()
        (fault,) = sealing.faults()
        assert (fault.forecast, fault.reason) == (
            later.pk,
            "has lost the inputs stored with it",
        )

    def test_those_of_before_the_round_was_covered_are_whole(
        self, ahead: Race, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inputs_module, "data_hash", inputs_module._former_hash)
        issue(ahead)
        monkeypatch.undo()
        assert not list(sealing.faults())

    def test_the_migration_goes_down_and_up(self, ahead: Race) -> None:
        before, text = issue(ahead), "inputs of forecast"
        assert str(before.inputs).startswith(text)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        call_command("migrate", "predictions", "0009", verbosity=0)
        call_command("migrate", "predictions", verbosity=0)
        with pytest.raises(NoStoredInputsError, match="before inputs were kept"):
            inputs_of(before)
        assert not list(sealing.faults())
        assert inputs_of(issue(ahead, "uniform"))


@pytest.mark.django_db
class TestReproduce:
    @pytest.mark.parametrize("model", ["elo", "ensemble"])
    def test_the_same_comes_out(self, ahead: Race, model: str) -> None:
        # ten drivers: eight numbers and ten places each
        assert "identical: 180 numbers" in reproduce(issue(ahead, model))

    def test_a_number_that_differs_is_named(self, ahead: Race) -> None:
        forecast = issue(ahead)
        rows = Prediction.objects.filter(race=ahead, driver__slug="driver-c")
        with unsealed("prediction"):
            rows.update(p_dnf=0.25)
        out = StringIO()
        with pytest.raises(CommandError, match="1 of 180 numbers differ"):
            call_command("reproduce_forecast", str(forecast.pk), stdout=out)
        assert "driver-c" in out.getvalue()
        assert "0.25" in out.getvalue()

    def test_a_forecast_that_is_none(self, ahead: Race) -> None:
        with pytest.raises(CommandError, match="no forecast 7"):
            call_command("reproduce_forecast", "7")

    def test_one_without_inputs(self, ahead: Race) -> None:
        forecast = issue(ahead)
        with unsealed("forecastinputs"):
            ForecastInputs.objects.all().delete()
        with pytest.raises(CommandError, match="before inputs were kept"):
            reproduce(forecast)

    def test_files_that_were_changed(self, ahead: Race) -> None:
        forecast = issue(ahead)
        name = next(iter(forecast.model_version.files))
        (registry.folder_of(forecast.model_version) / name).write_text("{}")
        with pytest.raises(CommandError, match=f"{name} is not what was saved"):
            reproduce(forecast)
