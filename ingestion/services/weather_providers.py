"""Who is asked for weather. Services know a provider, never which one it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings

from ingestion.errors import SourceFormatError
from ingestion.models import Source
from ingestion.services import fetching
from ingestion.services.fetching import Manners, Params, fetch
from ingestion.sources import open_meteo, weatherapi
from ingestion.sources.hours import Ask, Days, Hours, Place


@dataclass(frozen=True, slots=True)
class Answered:
    """Hours of weather, and when the provider said so."""

    hours: Hours
    said_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class Door:
    """One address of a provider: how to ask there, and how to read what it says."""

    url: str
    ask: Ask
    parse: Callable[[bytes], Hours]


@dataclass(frozen=True, slots=True)
class Provider:
    """A source of weather by place and days, in hours that are alike.

    ``reach`` is how many days, today among them, are forecast; ``memory`` how long the
    forecast still has the hours behind it; ``lag`` how late what was observed is there.
    """

    name: str
    archive: Door
    forecast: Door
    reach: int
    memory: timedelta
    lag: timedelta
    secrets: Params = field(default_factory=dict, repr=False)

    def last_day(self, now: datetime) -> date:
        return now.date() + timedelta(days=self.reach - 1)

    def first_heard(self, day: date) -> date:
        """The day on which a day is forecast for the first time."""
        return day - timedelta(days=self.reach - 1)

    def fetch_observed(self, place: Place, days: Days, now: datetime) -> Answered:
        return self._fetch(self.archive, place, days, now)

    def fetch_forecast(self, place: Place, days: Days, now: datetime) -> Answered:
        return self._fetch(self.forecast, place, days, now)

    def _fetch(self, door: Door, place: Place, days: Days, now: datetime) -> Answered:
        manners = _manners(door.url)
        path, params = door.ask(place, days, now.date())
        answer = fetch(manners, path, params, secrets=self.secrets)
        try:
            hours = door.parse(answer.content)
        except SourceFormatError as error:
            fetching.reject([answer], manners, str(error))
            raise
        # Requests are dated in real time, the record by the clock of the site.
        return Answered(hours, min(answer.fetched_at, now), answer.sha256)


def _manners(url: str) -> Manners:
    """Nobody waits for weather: after a refusal the next run asks again."""
    return Manners(
        Source.WEATHER,
        url,
        per_hour=500,
        attempts=1,
        patience_s=10,
        timeout_s=15,
        deadline_s=30,
    )


def provider() -> Provider:
    """The provider that the settings name."""
    return PROVIDERS[settings.WEATHER_PROVIDER]()


def _open_meteo() -> Provider:
    ask, parse = open_meteo, open_meteo.parse_hours
    return Provider(
        "open-meteo",
        archive=Door(settings.WEATHER_ARCHIVE_URL, ask.ask_archive, parse),
        forecast=Door(settings.WEATHER_URL, ask.ask_forecast, parse),
        reach=16,
        memory=timedelta(days=90),
        lag=timedelta(days=5),
    )


def _weatherapi() -> Provider:
    ask, parse = weatherapi, weatherapi.parse_hours
    return Provider(
        "weatherapi",
        archive=Door(settings.WEATHER_ARCHIVE_URL, ask.ask_history, parse),
        forecast=Door(settings.WEATHER_URL, ask.ask_forecast, parse),
        reach=weatherapi.MOST_DAYS,
        memory=timedelta(0),
        lag=timedelta(0),
        secrets={"key": settings.WEATHER_API_KEY},
    )


PROVIDERS = {"open-meteo": _open_meteo, "weatherapi": _weatherapi}
