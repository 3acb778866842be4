"""Where the figures on a race's page came from."""

from django.urls import reverse

from ingestion import origins
from ingestion.models import Race
from ingestion.origins import SheetOrigin, source_label
from predictions.views.presenters.origins import OriginRow, RaceSources

LABELS = {
    "races": "Date and circuit",
    "sessions": "Session times",
    "entries": "Entry list",
    "results": "Result",
    "sprint_results": "Sprint result",
    "qualifying_results qualifying": "Qualifying",
    "qualifying_results sprint_qualifying": "Sprint qualifying",
    "grid_slots race": "Grid",
    "grid_slots sprint": "Sprint grid",
    "driver_standings": "Drivers’ championship",
    "team_standings": "Constructors’ championship",
    "weather": "Weather",
}


def race_sources(race: Race) -> RaceSources | None:
    """The sheets of a race and their sources, nothing where none is known."""
    found = origins.of_race(race)
    if not found:
        return None
    of_race = f"?race__id__exact={race.pk}"
    api = reverse("api:race-sources", args=[race.season_id, race.round])
    return RaceSources(
        rows=[_row(origin) for origin in found],
        csv_url=f"{api}?format=csv",
        json_url=f"{api}?format=json",
        history_url=reverse("admin:ingestion_provenance_changelist") + of_race,
        corrections_url=reverse("admin:ingestion_correctedfigure_changelist") + of_race,
    )


def _row(origin: SheetOrigin) -> OriginRow:
    practice = f"Practice {origin.kind}" if origin.kind else origin.table
    return OriginRow(
        label=LABELS.get(origin.sheet, practice.replace("_", " ")),
        source=source_label(origin.source) or "editor",
        n_rows=origin.n_rows,
        changed_at=origin.changed_at,
        confirmed_at=origin.confirmed_at,
        n_corrections=origin.n_corrections,
    )
