"""Weather by season and round."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ingestion.errors import SourceFormatError, SourceUnavailableError
from ingestion.models import SourceFetch, WeatherData
from ingestion.services import import_weather
from ingestion.tests.conftest import Importer

HEADER = "season,round,air_temp_c,humidity_pct,wind_ms,precip_mm,wet\n"
LINES = "1951,4,,,,,true\n2024,14,21.54,52.89,5.0,0.0,false\n2024,21,20,90,2,3.4,true\n"


@pytest.fixture
def table(tmp_path: Path, ingest: Importer) -> Path:
    ingest()
    path = tmp_path / "weather.csv"
    path.write_text(HEADER + LINES)
    return path


def test_readings_become_kilometres_per_hour_and_a_condition(table: Path) -> None:
    import_weather(path=table)
    weather = WeatherData.objects.get(race__season_id=2024, race__round=14)
    assert (weather.source, weather.condition) == ("open-meteo", "dry")
    assert (weather.air_temp_c, weather.wind_kmh, weather.rain_mm) == (21.54, 18.0, 0.0)
    assert not weather.is_forecast


def test_a_wet_track_is_known_without_readings(table: Path) -> None:
    import_weather(path=table)
    weather = WeatherData.objects.get(race__season_id=1951)
    assert (weather.source, weather.condition) == ("reports", "wet")
    assert weather.air_temp_c is None


def test_it_may_be_read_again_and_amended(
    table: Path, record_hash: Callable[[], str]
) -> None:
    import_weather(path=table)
    before = record_hash()
    assert import_weather(path=table).outcome.is_unchanged
    assert record_hash() == before
    table.write_text(HEADER + LINES.replace("21.54", "22.5"))
    assert import_weather(path=table).outcome.changes["weather"].changed == 1


def test_other_weather_stays(table: Path) -> None:
    import_weather(path=table)
    typed_in = WeatherData.objects.get(race__season_id=1951)
    typed_in.pk, typed_in.source = None, "editor"
    typed_in.save()
    import_weather(path=table)
    assert WeatherData.objects.filter(source="editor").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEADER + LINES + "1949,1,,,,,true\n", "season 1949, round 1"),
        (HEADER + LINES + "2024,14,,,,,true\n", "has the same season, round"),
        (HEADER + LINES.replace("21.54", "warm"), "air_temp_c: 'warm'"),
        (HEADER + LINES.replace("52.89", "152.89"), "weather_humidity_range"),
        (HEADER + LINES.replace("true", "perhaps"), "wet: 'perhaps'"),
        (LINES, "lacks the column"),
        (HEADER, "has no rows"),
    ],
)
def test_a_table_that_cannot_be_right_changes_nothing(
    table: Path, content: str, words: str, record_hash: Callable[[], str]
) -> None:
    import_weather(path=table)
    before = record_hash()
    table.write_text(content)
    with pytest.raises(SourceFormatError) as caught:
        import_weather(path=table)
    assert words in str(caught.value)
    assert record_hash() == before
    assert SourceFetch.objects.latest("id").outcome == "failed"


def test_a_table_that_is_not_there_is_an_error(tmp_path: Path, db: None) -> None:
    with pytest.raises(SourceUnavailableError, match="cannot be read"):
        import_weather(path=tmp_path / "none.csv")


def test_the_command_says_that_nothing_changed(tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError, match=r"The record is as it was\."):
        call_command("ingest_weather", "--from", str(tmp_path / "none.csv"))
