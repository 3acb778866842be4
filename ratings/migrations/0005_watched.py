"""Writes to these tables are noted, so that pages drawn before are drawn anew."""

from django.db import migrations

from f1site.base import changes


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0003_data_changes"),
        ("ratings", "0004_driver_rankings"),
    ]

    operations = [
        changes.watch(
            "ratings_ratingrun",
            "ratings_ratedrace",
            "ratings_ratingchange",
        )
    ]
