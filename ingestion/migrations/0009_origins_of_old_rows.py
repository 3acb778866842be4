"""Rows imported before origins were kept: the last whole import has them.

Without an owner they would count as typed in, and a correction of them as one more row
that the next import overwrites.
"""

from collections import Counter

from django.db import migrations
from django.db.models import Count

WHOLE = ("archive", "starter")
OF_A_RACE = {"Session": "sessions", "Entry": "entries", "WeatherData": "weather"}
CLASSIFIED = {
    "RaceResult": "results",
    "SprintResult": "sprint_results",
    "QualifyingResult": "qualifying_results",
    "GridSlot": "grid_slots",
    "PracticeResult": "practice_results",
    "DriverStanding": "driver_standings",
    "TeamStanding": "team_standings",
}
BY_KIND = {"QualifyingResult", "GridSlot", "PracticeResult"}
TYPED_IN = {"Entry": {"is_typed_in": True}, "WeatherData": {"source": "editor"}}


def fill(apps, schema_editor):
    provenance = apps.get_model("ingestion", "Provenance")
    fetches = apps.get_model("ingestion", "SourceFetch").objects
    whole = fetches.filter(source__in=WHOLE, outcome="done")
    last = whole.order_by("-started_at", "-id").first()
    if last is None or provenance.objects.filter(source__in=WHOLE).exists():
        return
    said_at = last.finished_at or last.started_at
    provenance.objects.bulk_create(
        [
            provenance(
                race_id=race,
                sheet=sheet,
                source=last.source,
                fetch=last,
                n_rows=n_rows,
                changed_at=said_at,
                confirmed_at=said_at,
            )
            for (race, sheet), n_rows in sheets(apps, whole).items()
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )


def sheets(apps, whole):
    """Rows of each sheet, without classifications later than any import brought."""
    races = apps.get_model("ingestion", "Race").objects.order_by()
    found = Counter({(race, "races"): 1 for race in races.values_list("pk", flat=True)})
    keys = whole.order_by().values_list("counts__results__last_race", flat=True)
    brought = races.filter(pk__in=[key for key in keys if key]).order_by("starts_on")
    end = brought.last()
    later = races.filter(starts_on__gt=end.starts_on) if end else races.none()
    for name, sheet in {**OF_A_RACE, **CLASSIFIED}.items():
        rows = apps.get_model("ingestion", name).objects.order_by()
        rows = rows.exclude(**TYPED_IN.get(name, {"pk": None}))
        if name in CLASSIFIED:
            rows = rows.exclude(race__in=later)
        kind = ["kind"] if name in BY_KIND else []
        counted = rows.values_list("race_id", *kind).annotate(n=Count("pk"))
        found |= Counter({(race, " ".join([sheet, *of])): n for race, *of, n in counted})
    return found


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0008_superseded_by'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
