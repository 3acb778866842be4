"""What is due of a race weekend, which races are followed, and asking no more."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from ingestion.models import (
    DriverStanding,
    Race,
    RaceResult,
    Session,
    SourceFetch,
    SourceRequest,
)
from ingestion.services.follow import (
    Timetable,
    due,
    follow,
    races_to_follow,
    timetable_of,
)
from ingestion.tests.factories import MiniSeason, make_race, mini_season
from ingestion.tests.live_server import LiveServer, serving

SUNDAY = datetime(2024, 4, 7, 5, tzinfo=UTC)
QUALIFIED, FLAG = SUNDAY - timedelta(hours=21), SUNDAY + timedelta(hours=2)
TIMES = Timetable(SUNDAY, {"qualifying": QUALIFIED, "results": FLAG})
SPRINT = Timetable(SUNDAY, {**TIMES.over, "sprint": QUALIFIED - timedelta(hours=2)})
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ALL = {"qualifying", "sprint", "results", "standings"}


@pytest.mark.parametrize(
    ("now", "have", "kinds"),
    [
        (QUALIFIED - SECOND, "", ""),
        (QUALIFIED, "", "qualifying"),
        (QUALIFIED, "qualifying", "qualifying"),  # a lap may be deleted
        (SUNDAY - SECOND, "qualifying", "qualifying"),
        (SUNDAY, "qualifying", ""),
        (SUNDAY, "", "qualifying"),
        (FLAG - SECOND, "qualifying", ""),
        (FLAG, "qualifying", "results"),
        (FLAG, "qualifying results", "results standings"),
        (FLAG + 47 * HOUR, "qualifying results standings", "results standings"),
        (FLAG + 48 * HOUR, "qualifying results standings", ""),
        (FLAG + 48 * HOUR, "qualifying results", "standings"),
        (FLAG + 700 * HOUR, "", "qualifying results"),
    ],
)
def test_what_is_due_at_a_moment(now: datetime, have: str, kinds: str) -> None:
    assert due(TIMES, have.split(), now) == kinds.split()


@pytest.mark.parametrize(
    ("now", "have", "kinds"),
    [
        (QUALIFIED - 2 * HOUR - SECOND, set(), []),
        (QUALIFIED - 2 * HOUR, set(), ["sprint"]),
        (SUNDAY, ALL, ["sprint"]),
        (FLAG, ALL, ["sprint", "results", "standings"]),
        (FLAG + 47 * HOUR, ALL, ["results", "standings"]),
    ],
)
def test_a_sprint_is_due_and_watched_as_the_race(
    now: datetime, have: set[str], kinds: list[str]
) -> None:
    assert due(SPRINT, have, now) == kinds


@pytest.fixture
def season(db: None) -> MiniSeason:
    """Three races of March 2024 held, the fourth on the 22nd."""
    season = mini_season()
    for race in season.races:
        DriverStanding.objects.create(
            race=race,
            driver=season.drivers["max-verstappen"],
            display_order=1,
            points=25,
        )
    return season


def at(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


def followed(now: datetime) -> list[int | None]:
    return [race.round for race in races_to_follow(now)]


@pytest.mark.parametrize(
    ("now", "rounds"),
    [
        (at(17, 14), [3]),  # the flag of the third fell at 15:00 on the 15th
        (at(17, 15), []),
        (at(18, 23), []),
        (at(19, 0), [4]),  # no sessions known: it begins on the 20th
        (at(22, 15), [4]),
        (at(28), [4]),  # it should have a result
        (at(28, month=12), [4]),
    ],
)
def test_which_races_are_followed(
    season: MiniSeason, now: datetime, rounds: list[int]
) -> None:
    assert followed(now) == rounds


def test_a_weekend_begins_the_day_before_its_first_session(season: MiniSeason) -> None:
    Session.objects.create(
        race=season.next_race, kind="FP1", starts_on=date(2024, 3, 18)
    )
    assert followed(at(16, 23)) == [3]
    assert followed(at(17, 0)) == [3, 4]


def test_the_missed_ones_come_first_and_cancelled_ones_never(
    season: MiniSeason,
) -> None:
    make_race(2024, 5)
    make_race(2024, 6, status="postponed")
    cancelled = make_race(2024, 7, status="cancelled", grand_prix="gone")
    assert followed(at(30, month=6)) == [4, 5]
    RaceResult.objects.filter(race=season.races[0]).delete()
    assert followed(at(30, month=6)) == [1, 4, 5]
    assert cancelled not in races_to_follow(at(30, month=6))


def test_over_the_turn_of_the_year_the_past_weeks_count(season: MiniSeason) -> None:
    make_race(2024, 24, starts_on=date(2024, 12, 8))
    now = datetime(2025, 1, 10, tzinfo=UTC)
    assert followed(now) == [24]
    assert followed(now + timedelta(days=20)) == []


def test_standings_that_did_not_come_are_asked_for_again(season: MiniSeason) -> None:
    season.races[1].driver_standings.all().delete()
    assert followed(at(18)) == [2]
    assert followed(at(30, month=6)) == [4]


def test_sessions_say_when_they_can_be_over(season: MiniSeason) -> None:
    race = season.next_race
    assert timetable_of(race).over["qualifying"] == at(22, 0)
    race.sessions.create(
        kind="qualifying", starts_on=date(2024, 3, 21), starts_at=at(21, 6)
    )
    assert timetable_of(race).over["qualifying"] == at(21, 7) + timedelta(minutes=15)
    assert "sprint" not in timetable_of(race).over
    race.sprint_format = Race.SprintFormat.QUALIFYING_2024
    assert timetable_of(race).over["sprint"] == at(22, 0)


# --- asking ---------------------------------------------------------------------
def nothing_yet(path: str, query: dict[str, str]) -> bytes:
    return (
        b'{"MRData": {"limit": "100", "offset": "0", "total": "0",'
        b' "RaceTable": {"season": "2024", "Races": []}}}'
    )


@pytest.fixture
def source(settings: Settings) -> Iterator[LiveServer]:
    settings.LIVE_PER_SECOND = 1000
    with serving(nothing_yet) as server:
        settings.LIVE_URL = server.url
        yield server


def asked(source: LiveServer) -> list[str]:
    return [each.path for each in source.asked]


def test_only_what_is_due_is_asked_for(
    season: MiniSeason, source: LiveServer, settings: Settings
) -> None:
    race = season.next_race
    settings.F1_NOW = now = at(22, 12)
    done = follow(race=race, now=now)
    assert asked(source) == ["/2024/4/qualifying.json"]
    assert done.done == ["qualifying"]
    assert "no qualifying" in done.notes[0]


def test_it_is_asked_once_an_hour(
    season: MiniSeason, source: LiveServer, settings: Settings
) -> None:
    for minutes in range(0, 60, 10):
        settings.F1_NOW = now = at(22, 12) + timedelta(minutes=minutes)
        follow(race=season.next_race, now=now)
    assert len(asked(source)) == 1
    assert SourceFetch.objects.count() == 1
    SourceRequest.objects.update(answered_at=datetime.now(UTC) - HOUR)
    settings.F1_NOW = now = at(22, 13)
    follow(race=season.next_race, now=now)
    assert len(asked(source)) == 2


def test_a_source_that_is_away_is_a_note(
    season: MiniSeason, settings: Settings
) -> None:
    settings.LIVE_URL, settings.LIVE_PATIENCE_S = "http://127.0.0.1:9/", 0
    done = follow(race=season.next_race, now=at(28))
    assert done.done == []
    assert "does not answer" in done.notes[0]
    assert len(SourceFetch.objects.filter(source="live")) == 1  # it is not asked on


def test_a_source_that_makes_no_sense_is_a_note(
    season: MiniSeason, source: LiveServer
) -> None:
    source.fail(lambda exchange, _: exchange.say(b"<html>"), times=1)
    done = follow(race=season.next_race, now=at(28))
    assert asked(source) == ["/2024/4/qualifying.json", "/2024/4/results.json"]
    assert done.done == ["results"]
    assert len(done.notes) == 3
