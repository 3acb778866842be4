"""``driver_rankings``: what is in it, how it is read, and that nobody waits for it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from ingestion.models import Driver, RaceResult, ResultStatus
from ingestion.tests.factories import MiniSeason, make_race, make_team
from ratings import services
from ratings.models import DriverRanking, RatedRace, RatingChange
from ratings.tasks import refresh_rankings_task

Seasons = list[MiniSeason]
N_DRIVERS = 5000
#: What the list of all drivers shows, in its order.
LISTED = (
    "rank",
    "slug",
    "name",
    "code",
    "team_slug",
    "rating",
    "deviation",
    "active_rank",
    "latest_season",
)


def test_a_replay_brings_them_up_to_date(seasons: Seasons) -> None:
    services.replay_ratings()
    rows = list(DriverRanking.objects.all())
    assert [row.rank for row in rows] == [1, 2, 3, 4, 5, 6]
    best = rows[0]
    assert (best.slug, best.code, best.team_name) == (
        "max-verstappen",
        "VER",
        "Red Bull",
    )
    last = RatingChange.objects.filter(driver=best.driver, kind="race").latest(
        "sequence"
    )
    assert (best.rating, best.deviation) == (last.after, last.deviation)
    assert (best.starts, best.wins, best.podiums) == (6, 4, 4)
    assert best.points == 100
    assert (best.first_season, best.latest_season) == (2023, 2024)
    assert (best.n_rated, best.as_of_race) == (
        last.n_before + (last.k_factor > 0),
        last.race,
    )


def test_who_left_has_no_rank_among_the_active(seasons: Seasons) -> None:
    for race in seasons[1].races:
        race.results.filter(driver__slug="max-verstappen").delete()
    services.replay_ratings()
    gone = DriverRanking.objects.get(slug="max-verstappen")
    assert (gone.rank, gone.active_rank, gone.latest_season) == (1, None, 2023)
    others = DriverRanking.objects.exclude(pk=gone.pk).order_by("rank")
    assert [row.active_rank for row in others] == [1, 2, 3, 4, 5]


def test_a_peak_is_one_that_was_not_provisional(seasons: Seasons) -> None:
    services.replay_ratings()
    changes = RatingChange.objects.filter(kind="race").of_drivers()
    changes.update(is_provisional=True)
    services.refresh_rankings()
    assert not DriverRanking.objects.filter(peak__isnull=False).exists()
    last = changes.filter(sequence__gte=4)
    last.update(is_provisional=False)
    services.refresh_rankings()
    for row in DriverRanking.objects.all():
        later = last.filter(driver=row.driver)
        assert row.peak == max(later.values_list("after", flat=True))
        assert row.peak_race_id in later.values_list("race_id", flat=True)


def test_points_move_without_ratings_until_the_daily_refresh(seasons: Seasons) -> None:
    services.replay_ratings()
    RaceResult.objects.filter(driver__slug="lando-norris").update(points=1)
    refresh_rankings_task()
    assert DriverRanking.objects.get(slug="lando-norris").points == 6


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """What a test commits to the view is gone after it."""
    yield
    RatingChange.objects.all().delete()
    RatedRace.objects.all().delete()
    services.refresh_rankings()


def test_readers_are_not_blocked(committed: None, seasons: Seasons) -> None:
    """Somebody reads the view in a transaction that does not end."""
    services.replay_ratings()
    settings = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{k: settings[k] for k in wanted if k in settings}) as other:
        count = "SELECT count(*), max(points) FROM driver_rankings"
        before = other.execute(count).fetchone()
        RaceResult.objects.filter(driver__slug="lando-norris").update(points=90)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            services.refresh_rankings()
        assert DriverRanking.objects.latest("points").points == 540
        after = other.execute(count).fetchone()
    assert before == (6, 100)
    assert after == (6, 540)


def test_the_list_is_read_from_its_index_alone(committed: None) -> None:
    """At a size where reading the whole table would do as well."""
    many_drivers()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE driver_rankings")
        rows = DriverRanking.objects.order_by("rank", "slug").values_list(*LISTED)
        sql, values = rows[:100].query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert DriverRanking.objects.count() == N_DRIVERS
    assert "Index Only Scan using driver_rankings_in_order" in plan


def many_drivers() -> None:
    race, team = make_race(2024, 20), make_team("many")
    numbers = range(N_DRIVERS)
    drivers = Driver.objects.bulk_create(
        Driver(slug=f"driver-{n}", name=f"Driver {n}", first_name="D", last_name=f"{n}")
        for n in numbers
    )
    RaceResult.objects.bulk_create(
        RaceResult(
            race=race,
            driver=driver,
            team=team,
            display_order=n + 1,
            status=ResultStatus.RETIRED,
            is_classified=False,
        )
        for n, driver in enumerate(drivers)
    )
    facts: dict[str, Any] = {"race": race, "kind": "race", "lineage": "many"}
    facts |= {"before": 1500, "expected_score": 0.5, "actual_score": 0.5, "k_factor": 1}
    changes = [
        RatingChange(driver=driver, after=1000 + n % 700, deviation=50, **facts)
        for n, driver in enumerate(drivers)
    ]
    changes.append(RatingChange(team=team, after=1500, deviation=50, **facts))
    RatingChange.objects.bulk_create(changes)
    services.refresh_rankings()
