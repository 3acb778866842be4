"""From rows of the record to the small values that templates print."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils.text import slugify

from ingestion.models import (
    Driver,
    Race,
    ResultStatus,
    SessionKind,
    Team,
    WeatherData,
)
from ingestion.models.results import Finish
from predictions.charts import words
from predictions.charts.colours import team_class
from predictions.models import ModelVersion, Prediction
from predictions.views.presenters.entrants import NextRace
from predictions.views.presenters.frame import Link, NamedDriver
from predictions.views.presenters.race import RaceHead, ResultCell
from predictions.views.weather import awaited_weather, weather_chip
from ratings.careers import letters

SHORT_STATUS = {
    ResultStatus.RETIRED: "Ret",
    ResultStatus.DISQUALIFIED: "DSQ",
    ResultStatus.DID_NOT_START: "DNS",
    ResultStatus.DID_NOT_QUALIFY: "DNQ",
    ResultStatus.NOT_CLASSIFIED: "NC",
}


#: Letters of races that the first three of their names do not tell.
RACE_CODES = {
    "austria": "AUT",
    "china": "CHN",
    "great-britain": "GBR",
    "japan": "JPN",
    "netherlands": "NED",
    "saudi-arabia": "KSA",
    "south-africa": "RSA",
    "spain": "ESP",
    "united-states": "USA",
    "united-states-west": "USW",
}


def model_url(version: ModelVersion) -> str:
    """Address of the card of a version."""
    return reverse("model", args=[version.name, version.version])


def race_url(race: Race, kind: str = SessionKind.RACE) -> str:
    """Address of the page of a race or its sprint; one cancelled has no round."""
    if race.round is None:
        return ""
    return reverse(kind, args=[race.season_id, race.round])


def race_label(race: Race) -> str:
    """``Belgian Grand Prix 2024``."""
    return f"{race.name} {race.season_id}"


def race_code(race: Race) -> str:
    """Three letters for a race: ``ABU``, ``GBR``."""
    return RACE_CODES.get(race.grand_prix) or letters(race.grand_prix)


def code_of(driver: Driver) -> str:
    """The three-letter code; earlier drivers are given the letters of their name."""
    return driver.code or driver.last_name[:3].upper()


def car_number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def named_driver(
    driver: Driver, team: Team | None, chance: float | None = None
) -> NamedDriver:
    return NamedDriver(
        code=code_of(driver),
        name=driver.name,
        slug=driver.slug,
        team_class=team_class(team.slug if team else None),
        chance=chance,
    )


def result_cell(result: Finish) -> ResultCell:
    text = (
        str(result.position)
        if result.position
        else SHORT_STATUS[ResultStatus(result.status)]
    )
    return ResultCell(
        text=text,
        status=result.status,
        position=result.position,
        points=result.points,
    )


def grid_text(result: Finish) -> str:
    if result.from_pit_lane:
        return "pit"
    return str(result.grid) if result.grid else ""


def time_text(result: Finish) -> str:
    """Time of the winner, gap of the others, or why it ended."""
    if result.position == 1 and result.time_ms:
        return words.race_time(result.time_ms)
    if result.gap_laps:
        return f"+{result.gap_laps} lap{'s' if result.gap_laps > 1 else ''}"
    if result.gap_ms:
        return f"+{words.race_time(result.gap_ms)}"
    return result.reason.lower()


def years(first: int | None, last: int | None) -> str:
    """``2015–2017``, ``2015`` or nothing."""
    if first is None:
        return ""
    return f"{first}" if last in (None, first) else f"{first}–{last}"


def whole(points: Decimal | None) -> Decimal | None:
    """Points without trailing zeros: 25, 12.5, 0.14."""
    if points is None:
        return None
    return points.to_integral_value() if points == int(points) else points.normalize()


def neighbour(race: Race | None) -> Link | None:
    if race is None or race.round is None:
        return None
    return Link(label=race.name, url=race_url(race))


def race_head(
    race: Race,
    *,
    season: Sequence[Race] = (),
    weather: WeatherData | None = None,
    is_next: bool = False,
) -> RaceHead:
    """The head of a race's page; ``season`` holds its rounds in order."""
    index = season.index(race) if race in season else None
    before = season[index - 1] if index else None
    after = season[index + 1] if index is not None and index + 1 < len(season) else None
    circuit = race.circuit
    return RaceHead(
        label=race.name,
        official_name=race.official_name,
        year=race.season_id,
        round=race.round or 0,
        n_rounds=len(season) or None,
        date=race.starts_on,
        starts_at=race.starts_at,
        track_time=track_time(race, race.starts_at),
        status=race.status,
        circuit_name=circuit.name,
        circuit_slug=circuit.slug,
        circuit_type=f"{circuit.get_kind_display().capitalize()} circuit",
        place=circuit.place,
        country=circuit.country,
        url=race_url(race),
        laps=race.laps,
        length_km=float(race.course_length_km) if race.course_length_km else None,
        is_sprint=race.is_sprint_weekend,
        is_next=is_next,
        wet=weather.is_wet if weather and weather.condition else None,
        weather=weather_chip(weather),
        weather_awaited=awaited_weather(race.starts_on)
        if race.status == Race.Status.SCHEDULED
        else "",
        previous=neighbour(before),
        next=neighbour(after),
    )


def track_time(race: Race, moment: datetime | None) -> str:
    """A moment by the clocks of the circuit, ``22:00 Sat``; nothing if unknown."""
    zone = race.circuit.time_zone
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M %a}" if moment and zone else ""


def sprint_head(race: Race, head: RaceHead) -> RaceHead:
    """The head of a sprint's page, from that of its race."""
    sprint = next(
        (s for s in race.sessions.all() if s.kind == SessionKind.SPRINT), None
    )
    starts_on = sprint.starts_on if sprint else race.starts_on
    is_held = race.sprint_results.exists()
    return replace(
        head,
        label=f"{race.name}, sprint",
        official_name="",
        date=starts_on,
        starts_at=sprint.starts_at if sprint else None,
        track_time=track_time(race, sprint.starts_at) if sprint else "",
        status=Race.Status.COMPLETED if is_held else race.status,
        url=race_url(race, SessionKind.SPRINT),
        laps=None,
        weather_awaited="" if is_held else awaited_weather(starts_on),
    )


def age_on(driver: Driver, today: date) -> int | None:
    return driver.age_on(driver.died_on or today)


def next_race(row: Prediction) -> NextRace:
    """What the forecast of the next race says of a driver."""
    return NextRace(
        label=row.race.name,
        url=race_url(row.race),
        starts_at=row.race.starts_at,
        p_win=row.p_win,
        p_podium=row.p_podium,
        expected_position=row.expected_position,
        low=row.low,
        high=row.high,
        grid=row.grid,
        driver=named_driver(row.driver, row.team),
    )


def slug_has(text: str) -> Q:
    """Finds names without their accents: "hulk" is in nico-hulkenberg."""
    wanted = slugify(text)
    return Q(slug__contains=wanted) if wanted else Q(pk__in=[])
