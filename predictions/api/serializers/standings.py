"""Rows of the championships."""

from ingestion.models import DriverStanding, TeamStanding
from predictions.api.serializers.addresses import Number, RaceRef, Row, Slug, Text


class Standing(Row):
    """A place in a championship, and the race after which it was held."""

    race = RaceRef(help_text="after which it stood so")
    points = Number(help_text="that counted")


class DriverStandingRow(Standing):
    driver = Slug()
    driver_name = Text(source="driver.name")
    code = Text(source="driver.code")

    class Meta:
        model = DriverStanding
        fields = [
            "race",
            "display_order",
            "position",
            "driver",
            "driver_name",
            "code",
            "points",
            "is_champion",
        ]


class TeamStandingRow(Standing):
    team = Slug()
    team_name = Text(source="team.name")

    class Meta:
        model = TeamStanding
        fields = [
            "race",
            "display_order",
            "position",
            "team",
            "team_name",
            "engine",
            "points",
            "is_champion",
        ]
