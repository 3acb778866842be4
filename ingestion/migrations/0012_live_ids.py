"""Ids of the live source that the rule (dashes as underscores) would miss: they have
dashes themselves, or one name for two constructors of the archive.
"""

from django.db import migrations

ROWS = [
    ("circuit", "ain-diab", "ain-diab", None),
    ("team", "arzani-volpini", "arzani-volpini", None),
    ("team", "behra-porsche", "behra-porsche", None),
    # Carlo Chiti's cars of 1963 have the same id as Günter Schmid's.
    ("team", "ats", "ats-wheels", 1977),
]
NOTE = "known when the Ergast addresses were added"


def add(apps, schema_editor):
    Alias = apps.get_model("ingestion", "Alias")
    for kind, alias, slug, first_season in ROWS:
        Alias.objects.get_or_create(
            source="live",
            kind=kind,
            alias=alias,
            first_season=first_season,
            defaults={"slug": slug, "note": NOTE},
        )


def remove(apps, schema_editor):
    Alias = apps.get_model("ingestion", "Alias")
    Alias.objects.filter(source="live", note=NOTE).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("ingestion", "0011_live_words"),
    ]

    operations = [
        migrations.RunPython(add, remove),
    ]
