"""The made-up championship in the middle of a season, as a browser finds it.

Round 1 of 2025 is over: forecast, held, scored. Round 2 comes next, with a sprint;
it was forecast before the weekend, and again after practice.
"""

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from django.conf import settings

from accounts.models import User
from ingestion.models import Circuit, Driver, Race, WeatherData
from predictions import pipeline
from predictions.features import start_of
from predictions.tests import forecast_cast as cast
from ratings.services import replay_ratings

PASSWORD = "four cold tyres on the grid"
READER = "reader@example.org"
CAREFUL = "careful@example.org"


def fill() -> datetime:
    """Fill the record, the clock going along; answers the moment it stands at."""
    rng = np.random.default_rng(3)
    race = cast.store(rounds=10)
    coming = cast._store_race(2025, 2)
    cast.store_entries(coming)
    happened = cast.weekend(rng)
    cast.store_sprint_weekend(coming, happened)
    _describe()

    replay_ratings()
    _at(race, hours=-72)
    cast.store_weekend(race, weekend := cast.weekend(rng))
    cast.store_timetable(race)
    _at(race, hours=-1)
    cast.store_result(race, weekend, dict.fromkeys(cast.DRIVERS, 0))
    WeatherData.objects.create(race=race, source="test", air_temp_c=21, condition="dry")
    return _at(coming, hours=-28)


def _at(race: Race, *, hours: int) -> datetime:
    moment = settings.F1_NOW = start_of(race) + timedelta(hours=hours)
    pipeline.refresh()
    return moment


def _describe() -> None:
    """What pages say of people and places."""
    for driver in Driver.objects.all():
        driver.code = f"DR{driver.last_name}"
        driver.nationality = "Monaco"
        driver.save()
    Circuit.objects.update(country="Italy", place="Town", length_km=Decimal("5.5"))
    for email in (READER, CAREFUL):
        User.objects.create_user(email=email, password=PASSWORD)
