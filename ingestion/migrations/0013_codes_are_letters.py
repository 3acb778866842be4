"""A driver's code has no digits; none on record ever had."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ingestion", "0012_live_ids"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="driver",
            name="driver_code_three_capitals",
        ),
        migrations.AddConstraint(
            model_name="driver",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("code", ""), ("code__regex", "^[A-Z]{3}$"), _connector="OR"
                ),
                name="driver_code_three_capitals",
                violation_error_message="A code is three capitals.",
            ),
        ),
    ]
