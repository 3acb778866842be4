"""Writes to these tables are noted, so that pages drawn before are drawn anew."""

from django.db import migrations

from f1site.base import changes


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0003_data_changes"),
        ("ingestion", "0009_origins_of_old_rows"),
    ]

    operations = [
        changes.watch(
            "ingestion_season",
            "ingestion_circuit",
            "ingestion_circuitlayout",
            "ingestion_race",
            "ingestion_session",
            "ingestion_correction",
            "ingestion_correctedfigure",
            "ingestion_team",
            "ingestion_teamera",
            "ingestion_driver",
            "ingestion_entry",
            "ingestion_alias",
            "ingestion_finding",
            "ingestion_raceresult",
            "ingestion_sprintresult",
            "ingestion_qualifyingresult",
            "ingestion_gridslot",
            "ingestion_gridpenalty",
            "ingestion_resultversion",
            "ingestion_practiceresult",
            "ingestion_driverstanding",
            "ingestion_teamstanding",
            "ingestion_weatherdata",
        )
    ]
