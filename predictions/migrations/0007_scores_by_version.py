"""Every result gets its first version, every score that counts belongs to one.

The versions are what the tables say, known since the result last changed. The words
are those of ``ingestion.services.versions`` on the day of this migration: the same
fingerprint, so that the next import finds nothing new.
"""

import django.db.models.deletion
from django.db import migrations, models

FINISH = (
    "car_number display_order position is_classified status reason grid from_pit_lane"
    " qualifying_position laps time_ms gap_ms gap_laps penalty_ms points"
).split()
MARKS = "is_shared_car has_pole has_fastest_lap best_lap_ms pit_stops".split()

FIRST_VERSIONS = """
WITH said AS (
    SELECT r.race_id, encode(sha256(convert_to(string_agg(
            ROW({values})::text, E'\\n' ORDER BY r.display_order), 'UTF8')), 'hex')
            AS hash,
        jsonb_agg(jsonb_build_object({named}) ORDER BY r.display_order) AS rows
    FROM {table} r
    JOIN ingestion_driver driver ON driver.id = r.driver_id
    JOIN ingestion_team team ON team.id = r.team_id
    GROUP BY r.race_id
), known AS (
    SELECT race.id AS race_id, coalesce(race.results_changed_at, now()) AS known_at,
        coalesce(race.starts_at + interval '2 hours',
            (race.starts_on + 1)::timestamp AT TIME ZONE 'UTC')
            + interval '48 hours' AS watched_until,
        coalesce(origin.source, 'record') AS source, origin.fetch_id
    FROM ingestion_race race LEFT JOIN ingestion_provenance origin
        ON origin.race_id = race.id AND origin.sheet = '{sheet}'
)
INSERT INTO ingestion_resultversion (race_id, kind, number, standing, known_at, source,
    fetch_id, content_hash, rows)
SELECT race_id, '{kind}', 1,
    CASE WHEN known_at < watched_until THEN 'provisional' ELSE 'final' END,
    known_at, source, fetch_id, hash, rows
FROM said JOIN known USING (race_id)
WHERE NOT EXISTS (SELECT FROM ingestion_resultversion version
    WHERE version.race_id = said.race_id AND version.kind = '{kind}')
ORDER BY race_id
"""

SCORES = """
UPDATE predictions_predictionaccuracy score SET result_version_id = version.id
FROM predictions_forecast forecast, (
    SELECT DISTINCT ON (race_id) race_id, id FROM ingestion_resultversion
    WHERE kind = 'race' ORDER BY race_id, number DESC) version
WHERE score.forecast_id = forecast.id AND version.race_id = forecast.race_id
    AND score.is_current AND score.result_version_id IS NULL
"""

# Only ever compared; no two scores of a forecast have the same.
HASHES = """
UPDATE predictions_predictionaccuracy
SET result_hash = encode(sha256(convert_to(id::text, 'UTF8')), 'hex')
"""

# What rows are owed is checked here, or their table cannot be altered below.
CHECKED = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"


def first_versions(kind, sheet, table, fields):
    expressions = {
        "driver": "driver.slug",
        "team": "team.slug",
        **{name: f"r.{name}" for name in fields},
        "points": "r.points::text",
    }
    return FIRST_VERSIONS.format(
        kind=kind,
        sheet=sheet,
        table=table,
        values=", ".join(expressions.values()),
        named=", ".join(f"'{name}', {value}" for name, value in expressions.items()),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("ingestion", "0006_live_record"),
        ("predictions", "0006_gaps_and_versions"),
    ]

    operations = [
        migrations.RunSQL(
            first_versions("race", "results", "ingestion_raceresult", FINISH + MARKS),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            first_versions(
                "sprint", "sprint_results", "ingestion_sprintresult", FINISH
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(SCORES, migrations.RunSQL.noop),
        migrations.RunSQL(CHECKED, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="predictionaccuracy", name="prediction_accuracy_unique"
        ),
        migrations.RunSQL(migrations.RunSQL.noop, CHECKED),
        migrations.RunSQL(migrations.RunSQL.noop, HASHES),
        migrations.AlterField(
            model_name="predictionaccuracy",
            name="result_hash",
            field=models.CharField(default="", max_length=64),
        ),
        migrations.RemoveField(model_name="predictionaccuracy", name="result_hash"),
        migrations.AlterField(
            model_name="predictionaccuracy",
            name="result_version",
            field=models.ForeignKey(
                blank=True,
                help_text="the version of the result it was scored against;"
                " empty: scored before versions were kept",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="scores",
                to="ingestion.resultversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="predictionaccuracy",
            constraint=models.UniqueConstraint(
                fields=("forecast", "result_version"),
                name="prediction_accuracy_unique",
            ),
        ),
    ]
