"""Weather by season and round into the record."""

from pathlib import Path

from ingestion.errors import SourceFormatError
from ingestion.models import Race
from ingestion.records import Facts, RaceRef, WeatherRecord
from ingestion.services.provenance import Import, documented
from ingestion.services.record import Progress, Reach, store
from ingestion.sources.archive import quiet
from ingestion.sources.weather import WeatherLine, fetch_weather, parse_weather


def import_weather(*, path: Path, progress: Progress = quiet) -> Import:
    """Bring the weather of past races in line with a CSV file."""
    with documented("weather", str(path)) as run:
        content, run.sha256 = fetch_weather(path)
        lines = parse_weather(path.name, content)
        facts = Facts(weather=weather_records(lines))
        run.outcome = store(
            facts, fetch=run.fetch, reach=Reach.SHEETS, progress=progress
        )
    return run


def weather_records(lines: list[WeatherLine]) -> list[WeatherRecord]:
    """Each line with the race that it is about."""
    races = {
        (season, round): (season, grand_prix)
        for season, round, grand_prix in Race.objects.values_list(
            "season_id", "round", "grand_prix"
        )
    }
    unknown = [line for line in lines if (line.season, line.round) not in races]
    if unknown:
        raise SourceFormatError(
            "The file has the weather of races that the record does not know",
            [f"season {line.season}, round {line.round}" for line in unknown],
        )
    return [_record(line, races[line.season, line.round]) for line in lines]


def _record(line: WeatherLine, race: RaceRef) -> WeatherRecord:
    return WeatherRecord(
        race=race,
        source=line.source,
        air_temp_c=line.air_temp_c,
        humidity_pct=line.humidity_pct,
        wind_kmh=line.wind_kmh,
        rain_mm=line.rain_mm,
        condition=line.condition,
    )
