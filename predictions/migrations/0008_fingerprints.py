"""The fingerprint of a result leaves out what it has from qualifying.

Versions that are there get the new one from their rows, so that the next import finds
nothing new; it comes after those that ``0007_scores_by_version`` made.
"""

from django.db import migrations

FINISH = {
    "driver": "text",
    "team": "text",
    "car_number": "text",
    "display_order": "integer",
    "position": "integer",
    "is_classified": "boolean",
    "status": "text",
    "reason": "text",
    "grid": "integer",
    "from_pit_lane": "boolean",
    "qualifying_position": "integer",
    "laps": "integer",
    "time_ms": "integer",
    "gap_ms": "integer",
    "gap_laps": "integer",
    "penalty_ms": "integer",
    "points": "text",
}
MARKS = {
    "is_shared_car": "boolean",
    "has_pole": "boolean",
    "has_fastest_lap": "boolean",
    "best_lap_ms": "integer",
    "pit_stops": "integer",
}
OF_QUALIFYING = {"qualifying_position", "has_pole"}

FINGERPRINTS = """
UPDATE ingestion_resultversion SET content_hash = (
    SELECT encode(sha256(convert_to(string_agg(
        ROW({values})::text, E'\\n' ORDER BY r.display_order), 'UTF8')), 'hex')
    FROM jsonb_to_recordset(rows) AS r({columns}))
WHERE kind = '{kind}'
"""


def fingerprints(kind, fields, without=()):
    return FINGERPRINTS.format(
        kind=kind,
        values=", ".join(f'r."{name}"' for name in fields if name not in without),
        columns=", ".join(f'"{name}" {of}' for name, of in fields.items()),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("ingestion", "0006_live_record"),
        ("predictions", "0007_scores_by_version"),
    ]

    operations = [
        migrations.RunSQL(
            fingerprints(kind, fields, OF_QUALIFYING), fingerprints(kind, fields)
        )
        for kind, fields in (("race", FINISH | MARKS), ("sprint", FINISH))
    ]
