"""Names that F1DB gave up, under which older releases know the same things."""

from django.db import migrations

ALIASES = [
    ('circuit', 'losail', 'lusail', None),
    ('driver', 'andrea-kimi-antonelli', 'kimi-antonelli', None),
    # Brazil's own Grand Prix ended in 2019; the race of 2021 is Sao Paulo's.
    ('grand_prix', 'brazil', 'sao-paulo', 2021),
]


def add(apps, schema_editor):
    Alias = apps.get_model('ingestion', 'Alias')
    for kind, alias, slug, first_season in ALIASES:
        Alias.objects.get_or_create(
            kind=kind, alias=alias, defaults={'slug': slug, 'first_season': first_season}
        )


def remove(apps, schema_editor):
    Alias = apps.get_model('ingestion', 'Alias')
    for kind, alias, slug, _ in ALIASES:
        Alias.objects.filter(kind=kind, alias=alias, slug=slug).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0003_imports'),
    ]

    operations = [
        migrations.RunPython(add, remove),
    ]
