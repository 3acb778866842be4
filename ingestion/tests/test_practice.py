"""Practice from OpenF1: off by default, behind everybody else."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from f1site.testing.lasting import lasting
from ingestion.errors import SourceFormatError
from ingestion.models import (
    Entry,
    PracticeResult,
    Provenance,
    Race,
    Session,
    SourceFetch,
    SourceRequest,
)
from ingestion.services import import_practice
from ingestion.services.follow import follow
from ingestion.services.precedence import RANKS
from ingestion.tests.factories import MiniSeason, mini_season
from ingestion.tests.live_server import LiveServer, serving

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FP1 = datetime(2024, 3, 21, 2, 30, tzinfo=UTC)
KEY = 9001


def lap(car: int, seconds: float | None, *, out: bool = False) -> dict[str, Any]:
    return {
        "session_key": KEY,
        "driver_number": car,
        "lap_duration": seconds,
        "is_pit_out_lap": out,
    }


SESSIONS = [
    {"session_key": 8, "session_name": "Day 1", "date_start": "2024-02-21T07:00:00"},
    {
        "session_key": 9,
        "session_name": "Practice 1",
        "date_start": (FP1 - 14 * DAY).isoformat(),
    },
    {
        "session_key": KEY,
        "session_name": "Practice 1",
        "date_start": (FP1 + HOUR / 60).isoformat(),
    },
]
LAPS = [
    lap(1, 40.5, out=True),
    lap(1, 91.2),
    lap(1, 90.123),
    lap(1, None),
    lap(16, 89.9994),
    lap(4, None),
    lap(34, 95.0),
]


@pytest.fixture
def answers() -> dict[str, Any]:
    return {"sessions": SESSIONS, "laps": LAPS}


@pytest.fixture
def server(answers: dict[str, Any], settings: Any) -> Iterator[LiveServer]:
    def answer(path: str, query: dict[str, str]) -> bytes | None:
        return json.dumps(answers[path]).encode() if path in answers else None

    with serving(answer) as source:
        settings.PRACTICE_SOURCE, settings.PRACTICE_URL = "openf1", source.url
        yield source


made = lasting(mini_season)


@pytest.fixture
def season(made: Callable[[], MiniSeason], db: None) -> MiniSeason:
    return made()


@pytest.fixture
def race(season: MiniSeason) -> Race:
    race = season.next_race
    Session.objects.create(race=race, kind="FP1", starts_on=FP1.date(), starts_at=FP1)
    return race


def rows() -> list[tuple[Any, ...]]:
    names = ("kind", "position", "driver__slug", "car_number", "time_ms", "laps")
    return list(PracticeResult.objects.order_by("display_order").values_list(*names))


def test_best_laps_find_their_drivers_by_the_number_of_the_car(
    race: Race, server: LiveServer
) -> None:
    done = import_practice(race=race, now=FP1 + 2 * HOUR)
    assert rows() == [
        ("FP1", 1, "charles-leclerc", "16", 89_999, 1),
        ("FP1", 2, "max-verstappen", "1", 90_123, 4),
        ("FP1", None, "lando-norris", "4", None, 1),
    ]
    assert done.outcome.notes == [
        "2024-4 FP1: nobody is entered with the number 34; left out"
    ]
    assert [asked.query for asked in server.asked] == [
        {"year": "2024", "session_type": "Practice"},
        {"session_key": str(KEY)},
    ]
    origin = Provenance.objects.get(sheet="practice_results FP1")
    assert origin.source == "openf1"
    again = import_practice(race=race, now=FP1 + 3 * HOUR)
    assert again.outcome.notes == ["No practice of 2024-4 is due"]
    assert len(server.asked) == 2


def test_it_is_off_unless_it_is_turned_on(
    race: Race, server: LiveServer, settings: Any, capsys: Any
) -> None:
    settings.PRACTICE_SOURCE = ""
    call_command("ingest_practice", "--race", race.label)
    assert "PRACTICE_SOURCE is empty" in capsys.readouterr().out
    assert not server.asked


def test_a_session_is_asked_for_when_it_is_over(race: Race, server: LiveServer) -> None:
    import_practice(race=race, now=FP1 + HOUR)
    assert not server.asked
    import_practice(race=race, now=FP1 + 3 * HOUR / 2)
    assert len(server.asked) == 2


def test_who_has_it_already_is_not_asked_after(
    race: Race, season: MiniSeason, server: LiveServer
) -> None:
    driver = season.drivers["lando-norris"]
    typed_in = PracticeResult.objects.create(
        race=race, kind="FP1", driver=driver, team=season.teams[driver.slug],
        display_order=1, time_ms=88_000,
    )  # fmt: skip
    import_practice(race=race, now=FP1 + DAY)
    assert not server.asked
    assert PracticeResult.objects.get() == typed_in


@pytest.mark.parametrize("source", ["archive", "starter", "upload"])
def test_everybody_else_comes_before_it(
    race: Race, server: LiveServer, source: str
) -> None:
    said = {"changed_at": FP1, "confirmed_at": FP1, "n_rows": 20}
    Provenance.objects.create(
        race=race, sheet="practice_results FP1", source=source, **said
    )
    import_practice(race=race, now=FP1 + DAY)
    assert not rows()
    assert RANKS[source] > RANKS["openf1"]


def test_a_number_that_two_share_is_nobodys(race: Race, server: LiveServer) -> None:
    Entry.objects.filter(race=race, car_number="16").update(car_number="1")
    import_practice(race=race, now=FP1 + DAY)
    assert [row[2] for row in rows()] == ["lando-norris"]


def test_an_unknown_session_is_a_note(
    race: Race, server: LiveServer, answers: dict[str, Any]
) -> None:
    answers["sessions"] = SESSIONS[:2]
    (note,) = import_practice(race=race, now=FP1 + DAY).outcome.notes
    assert note == "OpenF1 does not know FP1 of 2024-4"
    assert not rows()


def test_a_source_that_is_away_is_a_note(race: Race, server: LiveServer) -> None:
    server.fail(lambda exchange, good: exchange.say(b"busy", status=503))
    (note,) = import_practice(race=race, now=FP1 + DAY).outcome.notes
    assert note.startswith("Practice of 2024-4 is skipped: openf1 does not answer")
    assert SourceFetch.objects.get().outcome == "failed"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("sessions", {"detail": "no"}, "no list of objects"),
        ("sessions", [SESSIONS[2] | {"session_key": "9"}], "session_key '9'"),
        ("sessions", [SESSIONS[2] | {"date_start": "soon"}], "date_start 'soon'"),
        ("laps", ["lap"], "no list of objects"),
        ("laps", [lap(1, 90.0) | {"session_key": 3}], "laps of another session"),
        ("laps", [lap(1, -90.0)], "a lap of -90.0 seconds"),
        ("laps", [lap(1, 9.0)], "a lap of 9.0 seconds"),
        ("laps", [lap(1, "90")], "a lap of '90' seconds"),  # type: ignore[arg-type]
        ("laps", [lap(-1, 90.0)], "driver_number -1"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(
    race: Race, server: LiveServer, answers: dict[str, Any], path: str, value: Any,
    words: str,
) -> None:  # fmt: skip
    answers[path] = value
    with pytest.raises(SourceFormatError) as refusal:
        import_practice(race=race, now=FP1 + DAY)
    assert words in str(refusal.value)
    assert not rows()
    assert SourceRequest.objects.exclude(error="").exists()


def test_who_follows_a_weekend_asks_for_it(
    race: Race, server: LiveServer, settings: Any
) -> None:
    settings.WEATHER_URL = settings.LIVE_URL = "http://127.0.0.1:9/"
    followed = follow(race=race, now=FP1 + 2 * HOUR)
    assert "practice" in followed.done
    assert len(rows()) == 3
