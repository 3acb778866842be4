"""What the live source says and no other table has a field for."""

from django.db import migrations, models

from f1site.base import changes

KINDS = [
    ("circuit", "Circuit"),
    ("driver", "Driver"),
    ("team", "Team"),
    ("race", "Race"),
    ("results", "rows of the result"),
    ("sprint", "rows of the sprint"),
    ("qualifying", "rows of qualifying"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0003_data_changes"),
        ("ingestion", "0010_watched"),
    ]

    operations = [
        migrations.CreateModel(
            name="LiveWords",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                (
                    "key",
                    models.CharField(
                        help_text=(
                            "a slug; of races season and Grand Prix, 2024/monaco"
                        ),
                        max_length=110,
                    ),
                ),
                (
                    "words",
                    models.JSONField(
                        help_text="by name; of rows by driver and car number"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "live words",
                "ordering": ["kind", "key"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "key"), name="live_words_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(kind__in=[kind for kind, _ in KINDS]),
                        name="live_words_kind_known",
                    ),
                ],
            },
        ),
        changes.watch("ingestion_livewords"),
    ]
