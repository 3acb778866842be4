"""Duels of team-mates, chains of them, and surprises."""

from typing import Any

from rest_framework import serializers

from ingestion.models import Driver
from predictions.api.serializers.addresses import RaceRef
from ratings.chains import Difference
from ratings.meetings import Exclude, Outcome, Tally
from ratings.surprises import PODIUM

#: Of an outcome that is no reason.
COUNTED = (Outcome.WON, Outcome.LOST)
EXCLUDES = (
    "fair: retirements by the car, who did not start, was disqualified or set no time;"
    " crashes: these too; nothing: every session counts"
)

#: Who was disqualified started but is not rated.
RATED = "drivers rated in the race: who started and was not disqualified"


class WhichDriver(serializers.SlugRelatedField[Driver]):
    """A driver that is asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            slug_field="slug",
            queryset=Driver.objects.all(),
            error_messages={"does_not_exist": "The record holds no driver {value}."},
            **options,
        )

    def to_internal_value(self, data: Any) -> Driver:
        if "\0" in str(data):
            self.fail("invalid")
        driver: Driver = super().to_internal_value(data)
        return driver


class DuelsQuery(serializers.Serializer[Any]):
    """Whose duels, and what is left out of them."""

    driver = WhichDriver(help_text="slug")
    mate = WhichDriver(required=False, help_text="slug; all team-mates unless told")
    exclude = serializers.ChoiceField(
        [choice.value for choice in Exclude],
        default=Exclude.FAIR.value,
        help_text=EXCLUDES,
    )


class TallyOut(serializers.Serializer[Tally]):
    """Sessions of one kind, for one side."""

    won = serializers.IntegerField()
    lost = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="won; null: none counts")
    low = serializers.FloatField(
        source="interval.low", help_text="of the 95 % interval of the share"
    )
    high = serializers.FloatField(source="interval.high")
    median_gap_percent = serializers.FloatField(
        source="median_gap.percent",
        default=None,
        allow_null=True,
        help_text="of the faster lap; below 0 the driver was faster",
    )
    median_gap_s = serializers.FloatField(
        source="median_gap.seconds", default=None, allow_null=True
    )
    left_out = serializers.SerializerMethodField(help_text="meetings, by reason")

    def get_left_out(self, tally: Tally) -> dict[str, int]:
        return {
            outcome.value: tally.left_out[outcome]
            for outcome in Outcome
            if outcome not in COUNTED
        }


class DuelSeason(serializers.Serializer[Any]):
    season = serializers.IntegerField()
    team = serializers.CharField()
    mate = serializers.CharField()
    qualifying = TallyOut()
    race = TallyOut()


class DuelsOut(serializers.Serializer[Any]):
    """A driver against one team-mate, or against all."""

    driver = serializers.CharField()
    mate = serializers.CharField(allow_null=True, help_text="null: all of them")
    exclude = serializers.CharField()
    qualifying = TallyOut(help_text="of all seasons")
    race = TallyOut(help_text="of all seasons")
    seasons = DuelSeason(many=True, help_text="by team and team-mate, newest first")


class ChainQuery(serializers.Serializer[Any]):
    """From whom to whom."""

    to = WhichDriver(help_text="slug")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # A word of the language cannot be an attribute.
        return {"from": WhichDriver(help_text="slug"), **super().get_fields()}


class DifferenceOut(serializers.Serializer[Difference]):
    """By how much the first of two is ahead, Elo points."""

    points = serializers.FloatField(help_text="Elo points")
    error = serializers.FloatField(help_text="standard error, Elo points")
    low = serializers.FloatField(
        source="interval.low", help_text="of the 95 % interval, Elo points"
    )
    high = serializers.FloatField(source="interval.high")
    strength = serializers.CharField(help_text="strong, fair, weak or very weak")


class LinkOut(serializers.Serializer[Any]):
    driver = serializers.CharField()
    mate = serializers.CharField()
    teams = serializers.ListField(child=serializers.CharField())
    first_year = serializers.IntegerField()
    last_year = serializers.IntegerField()
    n_race = serializers.IntegerField(help_text="meetings that count")
    n_qualifying = serializers.IntegerField(help_text="meetings that count")
    won = serializers.IntegerField(help_text="of both kinds, by the driver")
    lost = serializers.IntegerField()
    difference = DifferenceOut()


class ChainOut(serializers.Serializer[Any]):
    """The surest chain of team-mates between two drivers."""

    to = serializers.CharField()
    links = LinkOut(many=True, help_text="none from a driver to himself")
    difference = DifferenceOut(help_text="of all links together")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.CharField(), **super().get_fields()}


class SurprisesQuery(serializers.Serializer[Any]):
    """Which races."""

    to = serializers.IntegerField(
        default=9999, min_value=0, max_value=9999, help_text="last season"
    )
    least_starters = serializers.IntegerField(
        default=0, min_value=0, max_value=99, help_text=RATED
    )
    places = serializers.ChoiceField(
        [1, PODIUM], default=1, help_text="1: winners; 3: all on the podium, each apart"
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        first = serializers.IntegerField(
            default=0, min_value=0, max_value=9999, help_text="first season"
        )
        return {"from": first, **super().get_fields()}


class SurpriseOut(serializers.Serializer[Any]):
    """What the ratings before a race gave to who won, or came onto the podium."""

    race = RaceRef()
    position = serializers.IntegerField()
    winners = serializers.ListField(
        child=serializers.CharField(), help_text="several where a car was shared"
    )
    chance = serializers.FloatField(
        help_text="that one of them wins, or is on the podium"
    )
    bits = serializers.FloatField(help_text="-log2 of the chance")
    even_bits = serializers.FloatField(help_text="if all had the same chance")
    rank = serializers.IntegerField(help_text="by strength, from 1")
    n_rated = serializers.IntegerField(help_text=RATED)
    favourite = serializers.CharField(
        allow_null=True, help_text="null: not in the record of the race any more"
    )
    favourite_chance = serializers.FloatField()
    is_newcomer = serializers.BooleanField(
        help_text="no race had moved the driver's rating yet"
    )
    is_new_team = serializers.BooleanField(help_text="nor that of the team")
