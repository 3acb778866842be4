"""Weather of sessions from a provider: foreseen, observed, typed in, missing."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ingestion import queries
from ingestion.errors import SourceFormatError
from ingestion.models import (
    Provenance,
    Race,
    RawPayload,
    Session,
    SourceFetch,
    SourceRequest,
    WeatherData,
)
from ingestion.services import (
    Import,
    import_recent_weather,
    import_session_weather,
    import_weather_history,
)
from ingestion.services.corrections import correct, undo
from ingestion.services.edits import Edit
from ingestion.services.weather import condition_of
from ingestion.tasks import import_weather_task
from ingestion.tests.factories import make_circuit, make_race
from ingestion.tests.live_server import Exchange, LiveServer, serving
from ingestion.tests.sky import Sky

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2025, 3, 16, 4, tzinfo=UTC)
TIMES = {
    "FP1": START - 2 * DAY - 5 * HOUR / 2,
    "qualifying": START - DAY + HOUR,
    "race": START,
}
RAIN = (18.0, 80.0, 25.0, 0.7)


@pytest.fixture
def sky() -> Sky:
    return Sky()


@pytest.fixture
def server(sky: Sky, settings: Any) -> Iterator[LiveServer]:
    with serving(sky.answer) as source:
        settings.WEATHER_URL = settings.WEATHER_ARCHIVE_URL = source.url
        yield source


@pytest.fixture
def race(db: None, server: LiveServer) -> Race:
    circuit = make_circuit(
        "melbourne", latitude=Decimal("-37.85"), longitude=Decimal("144.97")
    )
    race = make_race(2025, 1, starts_on=START.date(), starts_at=START, circuit=circuit)
    for kind, at in TIMES.items():
        Session.objects.create(race=race, kind=kind, starts_on=at.date(), starts_at=at)
    return race


def at(race: Race, now: datetime) -> Import:
    """The import at a moment, with the patience of the last request gone by."""
    SourceRequest.objects.update(
        answered_at=datetime.now(UTC) - HOUR, sent_at=datetime.now(UTC) - HOUR
    )
    return import_session_weather(race=race, now=now)


def rows(*fields: str) -> list[tuple[Any, ...]]:
    weather = WeatherData.objects.order_by("race", "kind", "is_forecast", "source")
    return list(weather.values_list("kind", *fields))


def paths(server: LiveServer) -> list[str]:
    return [asked.path for asked in server.asked]


# --- from forecast to observation -----------------------------------------------
def test_all_sessions_are_foreseen_in_one_request(
    race: Race, sky: Sky, server: LiveServer
) -> None:
    sky.hours[START] = RAIN
    now = START - 5 * DAY
    outcome = at(race, now).outcome
    assert rows("is_forecast", "air_temp_c", "rain_mm", "condition", "known_at") == [
        ("FP1", True, 20.0, 0.0, "dry", now),
        ("qualifying", True, 20.0, 0.0, "dry", now),
        ("race", True, 19.0, 0.7, "mixed", now),
    ]
    assert outcome.changes["weather"].added == 3
    (asked,) = server.asked
    days = asked.query["start_date"], asked.query["end_date"]
    assert (asked.path, days) == ("/forecast", ("2025-03-14", "2025-03-16"))
    fetch = SourceFetch.objects.get()
    assert (fetch.source, fetch.location) == ("weather", "open-meteo, 2025-1")
    assert fetch.sha256 == RawPayload.objects.get().sha256
    origin = Provenance.objects.get(race=race, sheet="weather")
    assert (origin.source, origin.fetch, origin.n_rows) == ("weather", fetch, 3)


def test_a_forecast_is_renewed_in_place(race: Race, sky: Sky) -> None:
    at(race, START - 5 * DAY)
    keys = set(WeatherData.objects.values_list("pk", flat=True))
    sky.usual = (25.0, 50.0, 10.0, 0.0)
    assert at(race, START - 4 * DAY).outcome.changes["weather"].changed == 3
    assert set(WeatherData.objects.values_list("pk", flat=True)) == keys
    row = queries.weather_of(race)
    assert row and (row.air_temp_c, row.known_at) == (25.0, START - 4 * DAY)


def test_within_the_hour_nothing_is_asked_again(race: Race, server: LiveServer) -> None:
    at(race, START - 5 * DAY)
    again = at(race, START - 5 * DAY + HOUR / 2)
    assert len(server.asked) == 1
    assert again.outcome.notes == ["Up to date already: 1 race"]
    assert SourceFetch.objects.count() == 1


def test_observations_take_the_place_of_forecasts_session_by_session(
    race: Race, sky: Sky, server: LiveServer
) -> None:
    at(race, START - 5 * DAY)
    sky.hours[TIMES["FP1"].replace(minute=0)] = (31.0, 30.0, 5.0, 0.0)
    between = TIMES["FP1"] + 2 * HOUR
    outcome = at(race, between).outcome
    assert rows("is_forecast", "air_temp_c", "known_at") == [
        ("FP1", False, 25.5, between),
        ("qualifying", True, 20.0, between),
        ("race", True, 20.0, between),
    ]
    counts = outcome.changes["weather"].as_counts()
    assert counts == {"added": 1, "changed": 2, "unchanged": 0, "removed": 1}
    assert paths(server) == ["/forecast"] * 2


def test_a_removed_forecast_that_is_brought_back_does_not_hide_what_was_observed(
    race: Race, sky: Sky
) -> None:
    at(race, START - 5 * DAY)
    foreseen = WeatherData.objects.get(kind="race")
    made = correct(edits=[Edit.remove(foreseen)], author=None, reason="wrong place")
    sky.hours[START] = RAIN
    at(race, START + 3 * HOUR)
    undo(correction=made, author=None)

    counts = queries.weather_of(race)
    assert counts is not None and (counts.is_forecast, counts.rain_mm) == (False, 0.7)
    at(race, START + 9 * DAY)
    assert not WeatherData.objects.filter(is_forecast=True).exists()


def test_a_session_under_way_is_not_observed(race: Race) -> None:
    at(race, START + HOUR)
    assert rows("is_forecast") == [
        ("FP1", False),
        ("qualifying", False),
        ("race", True),
    ]


def test_what_was_said_during_a_session_is_no_observation(
    race: Race, server: LiveServer
) -> None:
    """The kept answer of this hour is older than the end of the session."""
    said = datetime.now(UTC).replace(microsecond=0)
    race.starts_at, race.starts_on = said - 2 * HOUR + HOUR / 4, said.date()
    Session.objects.all().delete()
    import_session_weather(race=race, now=said)
    import_session_weather(race=race, now=said + HOUR / 2)
    assert len(server.asked) == 1
    assert rows("is_forecast") == [("race", True)]


def test_the_archive_has_the_last_word(
    race: Race, sky: Sky, server: LiveServer
) -> None:
    at(race, START + 3 * HOUR)
    sky.hours[START] = RAIN
    at(race, START + 4 * DAY)
    assert paths(server) == ["/forecast"]
    outcome = at(race, START + 6 * DAY).outcome
    assert paths(server) == ["/forecast", "/archive"]
    assert rows("is_forecast", "rain_mm", "condition", "known_at") == [
        ("FP1", False, 0.0, "dry", None),
        ("qualifying", False, 0.0, "dry", None),
        ("race", False, 0.7, "mixed", None),
    ]
    assert outcome.changes["weather"].changed == 3
    at(race, START + 9 * DAY)
    assert len(server.asked) == 2


def test_gaps_of_the_archive_are_filled_from_the_forecast(
    race: Race, sky: Sky, server: LiveServer
) -> None:
    sky.archived_until = START
    now = START + 6 * DAY
    outcome = at(race, now).outcome
    assert paths(server) == ["/archive", "/forecast"]
    assert rows("is_forecast", "air_temp_c", "known_at") == [
        ("FP1", False, 20.0, None),
        ("qualifying", False, 20.0, None),
        ("race", False, 20.0, now),
    ]
    assert "the archive of open-meteo has gaps" in outcome.notes[0]
    sky.archived_until = None
    at(race, START + 8 * DAY)
    assert rows("known_at")[-1] == ("race", None)


def test_what_nobody_knows_is_left_out(race: Race, sky: Sky) -> None:
    sky.usual = (None, None, None, None)
    outcome = at(race, START - 5 * DAY).outcome
    assert not WeatherData.objects.exists()
    assert outcome.notes == ["2025-1: open-meteo has nothing of 3 sessions yet"]


# --- what cannot be had ---------------------------------------------------------
def test_no_forecast_reaches_further_than_sixteen_days(
    race: Race, server: LiveServer
) -> None:
    (note,) = at(race, START - 20 * DAY).outcome.notes
    assert note == "Skipped, no forecast reaches further than 16 days: 2025-1"
    assert not server.asked
    at(race, START - 16 * DAY)
    assert server.asked[0].query["end_date"] == "2025-03-15"
    assert [kind for (kind,) in rows()] == ["FP1", "qualifying"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "cancelled", "round": None}, "it is cancelled"),
        ({"circuit__latitude": None}, "where its circuit lies is not known"),
        ({"starts_at": None}, "when it starts is not known"),
    ],
)
def test_a_race_that_lacks_what_is_needed_is_skipped(
    race: Race, server: LiveServer, change: dict[str, Any], words: str
) -> None:
    Session.objects.all().delete()
    for name, value in change.items():
        thing = race.circuit if "__" in name else race
        setattr(thing, name.rpartition("__")[2], value)
        thing.save()
    outcome = at(race, START - DAY).outcome
    assert outcome.notes == [f"Skipped, {words}: {race.label}"]
    assert not server.asked and not SourceFetch.objects.exists()


def test_without_network_it_is_skipped_and_nothing_is_lost(
    race: Race, server: LiveServer, settings: Any, capsys: Any
) -> None:
    at(race, START - 5 * DAY)
    before = rows("air_temp_c", "known_at")
    settings.WEATHER_URL = "http://127.0.0.1:9/"
    settings.F1_NOW = START - 4 * DAY
    SourceRequest.objects.all().delete()
    call_command("ingest_weather", "--race", "2025-1")
    assert "Weather is skipped from here on: weather does not" in (
        capsys.readouterr().out
    )
    import_weather_task()
    assert rows("air_temp_c", "known_at") == before
    assert SourceFetch.objects.latest("id").outcome == "failed"


def throttle(exchange: Exchange, good: bytes) -> None:
    body = b'{"error":true,"reason":"Minutely API request limit exceeded."}'
    exchange.say(body, status=429)


def test_a_refusal_is_respected(race: Race, server: LiveServer) -> None:
    server.fail(throttle)
    for _ in range(3):
        (note,) = import_session_weather(race=race, now=START - DAY).outcome.notes
        assert "asked again from" in note
    assert len(server.asked) == 1
    assert SourceFetch.objects.get().outcome == "failed"
    assert at(race, START - DAY).outcome.notes


def html(exchange: Exchange, good: bytes) -> None:
    exchange.say(b"<html><h1>Maintenance</h1></html>")


def fahrenheit(exchange: Exchange, good: bytes) -> None:
    exchange.say(good.replace("°C".encode(), "°F".encode()).replace(b"\\u00b0C", b"F"))


def out_of_range(exchange: Exchange, good: bytes) -> None:
    exchange.say(b'{"error":true,"reason":"out of allowed range"}', status=400)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (html, "is not JSON"),
        (fahrenheit, "other units"),
        (out_of_range, "out of allowed range"),
    ],
)
def test_a_senseless_answer_is_an_error_and_changes_nothing(
    race: Race, server: LiveServer, fault: Any, words: str, settings: Any
) -> None:
    at(race, START - 5 * DAY)
    before = rows("air_temp_c", "known_at")
    settings.F1_NOW = START - 4 * DAY
    server.fail(fault)
    with pytest.raises(SourceFormatError, match=words):
        at(race, START - 4 * DAY)
    with pytest.raises(CommandError, match=r"The record is as it was\."):
        call_command("ingest_weather", "--race", "2025-1")
    assert len(server.asked) == 2
    assert rows("air_temp_c", "known_at") == before
    assert at(race, START - 3 * DAY).outcome.changes["weather"].changed == 3


# --- people know better ---------------------------------------------------------
def typed_in(race: Race, **facts: Any) -> WeatherData:
    return WeatherData.objects.create(race=race, source="editor", **facts)


def test_what_an_editor_typed_in_wins_and_stays(race: Race) -> None:
    at(race, START - DAY)
    foreseen = typed_in(race, is_forecast=True, condition="wet")
    assert queries.weather_of(race) == foreseen
    at(race, START + 3 * HOUR)
    assert queries.weather_of(race) != foreseen
    observed = typed_in(race, condition="mixed", air_temp_c=17)
    at(race, START + 6 * DAY)
    assert queries.weather_of(race) == observed
    assert set(WeatherData.objects.filter(source="editor")) == {foreseen, observed}
    other = queries.weather_of(race, "qualifying")
    assert other and other.source == "open-meteo"


@pytest.mark.parametrize("source", ["reports", "editor"])
def test_a_judgement_of_the_track_is_not_replaced_by_a_guess(
    race: Race, sky: Sky, source: str
) -> None:
    WeatherData.objects.create(race=race, source=source, condition="dry")
    sky.hours[START] = RAIN
    at(race, START + 6 * DAY)
    row = WeatherData.objects.get(kind="race", source="open-meteo")
    assert (row.rain_mm, row.condition) == (0.7, "dry")


def test_readings_come_before_a_judgement_alone(race: Race) -> None:
    at(race, START + 6 * DAY)
    WeatherData.objects.create(race=race, source="reports", condition="wet")
    row = queries.weather_of(race)
    assert row and row.source == "open-meteo"


@pytest.mark.parametrize(
    ("rains", "condition"),
    [
        ([], ""),
        ([3.0, None], ""),
        ([0.0, 0.0], "dry"),
        ([0.1, 0.1], "dry"),
        ([0.0, 0.2, 0.0], "mixed"),
        ([9.0, 0.1], "mixed"),
        ([0.2, 0.2], "wet"),
        ([0.7], "wet"),
    ],
)
def test_rain_through_a_session_makes_it_wet_in_part_of_it_mixed(
    rains: list[float | None], condition: str
) -> None:
    assert condition_of(rains) == condition


@pytest.mark.parametrize(
    ("rainy", "condition", "impact"), [(0, "dry", 0), (1, "mixed", 4), (2, "wet", 3)]
)
def test_the_hours_of_a_race_say_whether_it_was_wet_throughout(
    race: Race, sky: Sky, rainy: int, condition: str, impact: int
) -> None:
    """However much fell: it is the same amount in one hour as in two."""
    for n in range(rainy):
        sky.hours[START + n * HOUR] = (18.0, 80.0, 10.0, 2.4 / rainy)
    sky.hours[START + 2 * HOUR] = sky.hours[START - HOUR] = RAIN
    at(race, START + 6 * DAY)
    row = queries.weather_of(race)
    assert row and not row.is_forecast
    assert (row.condition, row.weather_impact_score) == (condition, impact)


# --- history --------------------------------------------------------------------
@pytest.fixture
def history(race: Race) -> list[Race]:
    """Three races of 2023 of which the day is known, and one that was cancelled."""
    held = [
        make_race(2023, n, starts_at=None, circuit=race.circuit, status="completed")
        for n in (1, 2, 3)
    ]
    make_race(2023, 4, starts_at=None, circuit=race.circuit, status="cancelled")
    return held


def history_at(now: datetime = START) -> Import:
    return import_weather_history(seasons=[2023], now=now)


def test_history_is_that_of_the_race_at_the_hour_of_another_season(
    history: list[Race], sky: Sky, server: LiveServer
) -> None:
    first = datetime(2023, 3, 1, 4, tzinfo=UTC)
    sky.hours[first], sky.hours[first + HOUR] = RAIN, RAIN
    done = history_at()
    assert paths(server) == ["/archive"] * 3
    assert rows("race__round", "is_forecast", "rain_mm", "known_at") == [
        ("race", 1, False, 1.4, None),
        ("race", 2, False, 0.0, None),
        ("race", 3, False, 0.0, None),
    ]
    assert done.outcome.changes["weather"].added == 3
    assert done.outcome.notes == [
        "Only the day is known, so the hour is that of the nearest season:"
        " 2023-1, 2023-2, 2023-3"
    ]
    fetch = SourceFetch.objects.get()
    assert (fetch.location, fetch.outcome) == (
        "open-meteo, seasons 2023 to 2023",
        "done",
    )
    assert fetch.counts["weather"]["added"] == 3


def test_history_goes_on_where_it_was_stopped(
    history: list[Race], server: LiveServer
) -> None:
    server.fail(lambda exchange, good: exchange.say(good))
    server.fail(throttle)
    stopped = history_at()
    assert "Weather is skipped from here on" in stopped.outcome.notes[-1]
    assert [round for _, round in rows("race__round")] == [1]
    fetch = SourceFetch.objects.get()
    assert (fetch.outcome, fetch.counts["weather"]["added"]) == ("failed", 1)
    SourceRequest.objects.update(retry_at=datetime.now(UTC))
    resumed = history_at()
    assert [round for _, round in rows("race__round")] == [1, 2, 3]
    assert resumed.outcome.notes[0] == "Up to date already: 1 race"
    n_asked = len(server.asked)
    assert history_at().outcome.notes == ["Up to date already: 3 races"]
    assert len(server.asked) == n_asked == 4


def test_history_wants_readings_where_only_the_track_was_judged(
    history: list[Race], server: LiveServer
) -> None:
    WeatherData.objects.create(race=history[0], source="reports", condition="wet")
    WeatherData.objects.create(race=history[1], source="open-meteo", air_temp_c=12)
    history_at()
    days = [asked.query["start_date"] for asked in server.asked]
    assert days == ["2023-03-01", "2023-03-15"]
    row = WeatherData.objects.get(race=history[0], source="open-meteo")
    assert row.condition == "wet"


# --- the keyed provider ---------------------------------------------------------
KEY = "s3cr3t-weather-key"


@pytest.fixture
def keyed(race: Race, settings: Any) -> Race:
    settings.WEATHER_PROVIDER, settings.WEATHER_API_KEY = "weatherapi", KEY
    return race


def test_the_keyed_provider_goes_through_the_same_steps(
    keyed: Race, sky: Sky, server: LiveServer
) -> None:
    sky.hours[START] = RAIN
    at(keyed, datetime(2025, 3, 14, tzinfo=UTC))
    assert {row[1:] for row in rows("source", "is_forecast")} == {("weatherapi", True)}
    at(keyed, START + 3 * HOUR)
    assert rows("is_forecast", "rain_mm") == [
        ("FP1", False, 0.0),
        ("qualifying", False, 0.0),
        ("race", False, 0.7),
    ]
    assert paths(server) == ["/forecast.json", "/history.json"]
    assert {asked.query["key"] for asked in server.asked} == {KEY}


def test_the_key_is_seen_by_nobody_else(
    keyed: Race, server: LiveServer, settings: Any, caplog: Any, capsys: Any
) -> None:
    def denied(exchange: Exchange, good: bytes) -> None:
        exchange.say(
            b'{"error":{"code":2008,"message":"%s is disabled"}}' % KEY.encode(),
            status=403,
        )

    caplog.set_level(logging.DEBUG)
    at(keyed, datetime(2025, 3, 14, tzinfo=UTC))
    settings.F1_NOW = START - DAY
    server.fail(denied)
    with pytest.raises(SourceFormatError, match=r"answers 403.*is disabled") as error:
        at(keyed, START - DAY)
    settings.WEATHER_URL = "http://127.0.0.1:9/"
    SourceRequest.objects.update(answered_at=datetime.now(UTC) - HOUR)
    call_command("ingest_weather", "--race", "2025-1")
    written = [
        *SourceRequest.objects.values_list(),
        *SourceFetch.objects.values_list(),
        *(bytes(kept.content) for kept in RawPayload.objects.all()),
    ]
    heard = f"{written}{error.value}{caplog.text}{capsys.readouterr()}"
    assert "skipped from here on" in heard
    assert KEY not in heard


# --- the command ----------------------------------------------------------------
def test_without_an_option_it_is_what_is_near(
    race: Race, server: LiveServer, settings: Any, capsys: Any
) -> None:
    settings.F1_NOW = START - DAY
    far = make_race(2025, 9, circuit=make_circuit("spa"), starts_on=date(2025, 7, 1))
    last = make_race(
        2025, 2, circuit=race.circuit, starts_on=date(2025, 3, 9), status="completed"
    )
    call_command("ingest_weather")
    raced = set(WeatherData.objects.values_list("race__round", flat=True))
    assert raced == {race.round, last.round}
    assert far.round not in raced
    assert "4 rows read, none rejected, stored" in capsys.readouterr().out
    again = import_recent_weather().outcome.notes
    assert again == ["Up to date already: 2 races"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--race", "2025-1", "--seasons", "2024"], "not allowed with argument"),
        (["--from", "a.csv", "--race", "2025-1"], "not allowed with argument"),
        (["--seasons", "2024-2016"], "no seasons; write them as 2016-2024"),
        (["--seasons", "1949"], "no seasons"),
        (["--seasons", "20x4"], "no seasons"),
        (["--race", "2025-30"], "there is no race 2025-30"),
    ],
)
def test_it_says_how_it_is_used(db: None, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("ingest_weather", *arguments)


def test_seasons_are_a_range_or_one(
    history: list[Race], server: LiveServer, settings: Any, capsys: Any
) -> None:
    settings.F1_NOW = START
    call_command("ingest_weather", "--seasons", "2022-2023")
    assert "3 rows read, none rejected, stored" in capsys.readouterr().out
    call_command("ingest_weather", "--seasons", "2023")
    assert len(server.asked) == 3
