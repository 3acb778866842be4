"""The ledger of changes, whose sum is the data version."""

from django.db import migrations, models

from f1site.base.changes import FUNCTION, NO_FUNCTION


class Migration(migrations.Migration):
    dependencies = [("base", "0002_job_slots")]

    operations = [
        migrations.CreateModel(
            name="DataChange",
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
                (
                    "token",
                    models.DecimalField(
                        decimal_places=0,
                        help_text="random; their sum is the version",
                        max_digits=40,
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(help_text="UTC, by the database's own clock"),
                ),
            ],
        ),
        migrations.RunSQL(FUNCTION, NO_FUNCTION),
    ]
