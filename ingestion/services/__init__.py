"""Everything that writes the record."""

from ingestion.services.archive import import_archive
from ingestion.services.entrants import add_driver
from ingestion.services.live import import_live, replay_live
from ingestion.services.practice import import_practice
from ingestion.services.provenance import Import
from ingestion.services.starter import export_starter, load_starter
from ingestion.services.weather import (
    import_recent_weather,
    import_session_weather,
    import_weather_history,
)
from ingestion.services.weather_table import import_weather

__all__ = [
    "Import",
    "add_driver",
    "export_starter",
    "import_archive",
    "import_live",
    "import_practice",
    "import_recent_weather",
    "import_session_weather",
    "import_weather",
    "import_weather_history",
    "load_starter",
    "replay_live",
]
