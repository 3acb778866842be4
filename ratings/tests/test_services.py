"""Replays of stored ratings: where they begin, and that it makes no difference."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from f1site.testing.lasting import lasting
from ingestion.models import Race, RaceResult, Team, TeamEra
from ingestion.tests.conftest import empty_record
from ingestion.tests.factories import MiniSeason, hold, make_result
from ratings import services
from ratings.config import CONFIGS
from ratings.models import RatedRace, RatingChange, RatingRun
from ratings.tests.conftest import stored, two_seasons

Seasons = list[MiniSeason]

made = lasting(two_seasons)


@pytest.fixture
def seasons(made: Callable[[], Seasons], db: None) -> Seasons:
    return made()


def swap_first_two(race: Race) -> None:
    """What an editor does who finds the order wrong."""
    first, second = race.results.filter(position__lte=2).order_by("position")
    RaceResult.objects.filter(pk=first.pk).update(position=99)
    RaceResult.objects.filter(pk=second.pk).update(position=1)
    RaceResult.objects.filter(pk=first.pk).update(position=2)


def test_it_rates_races_and_qualifying_of_drivers_and_teams(seasons: Seasons) -> None:
    rated = services.replay_ratings()
    assert str(rated) == "6 races rated from 2023-1 on, 108 changes"
    for kind in ("race", "qualifying"):
        changes = RatingChange.objects.filter(kind=kind)
        assert changes.of_drivers().count() == 6 * 6
        assert changes.of_teams().count() == 6 * 3
    winner = RatingChange.objects.get(
        race=seasons[0].races[0], kind="race", driver__slug="max-verstappen"
    )
    assert (winner.n_before, winner.actual_score, winner.lineage) == (0, 1, "red-bull")
    gained = winner.k_factor * (winner.actual_score - winner.expected_score)
    assert winner.after == winner.before + gained > winner.before


def test_a_run_says_what_it_did(seasons: Seasons) -> None:
    run = services.replay_ratings().run
    assert run is not None
    run = RatingRun.objects.get(pk=run.pk)
    assert (run.since, run.through) == (seasons[0].races[0], seasons[1].races[-1])
    assert (run.n_races, run.n_changes, len(run.data_hash)) == (6, 108, 64)
    assert run.config["race"]["gain_team"] == CONFIGS["race"].gain_team
    assert run.finished_at is not None


def test_a_second_run_changes_nothing_and_says_so(seasons: Seasons) -> None:
    services.replay_ratings()
    before = stored()
    again = services.replay_ratings()
    assert str(again) == "6 races rated before, nothing changed"
    assert (again.run, RatingRun.objects.count()) == (None, 1)
    assert stored() == before


def test_a_correction_replays_from_its_race_on(seasons: Seasons) -> None:
    services.replay_ratings()
    untouched = set(RatingChange.objects.filter(sequence__lt=3).values_list("pk"))
    swap_first_two(seasons[1].races[0])
    rated = services.replay_ratings()
    assert str(rated) == "3 races rated from 2024-1 on, 54 changes"
    kept = set(RatingChange.objects.filter(sequence__lt=3).values_list("pk"))
    assert kept == untouched
    after = stored()
    services.replay_ratings(full=True)
    assert stored() == after


@settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(wrong=st.sets(st.integers(0, 5)), since=st.none() | st.integers(0, 5))
def test_any_replay_equals_a_full_one(
    seasons: Seasons, wrong: set[int], since: int | None
) -> None:
    races = [race for season in seasons for race in season.races]
    services.replay_ratings()
    for place in wrong:
        swap_first_two(races[place])
    services.replay_ratings(since=None if since is None else races[since])
    parts = stored()
    services.replay_ratings(full=True)
    assert stored() == parts


def test_a_new_result_is_rated_alone(seasons: Seasons) -> None:
    services.replay_ratings()
    season = seasons[1]
    hold(season.next_race, list(season.drivers)[:4], season.drivers, season.teams)
    assert str(services.replay_ratings()).startswith("1 races rated from 2024-4 on")


def test_a_race_that_vanishes_takes_its_changes_along(seasons: Seasons) -> None:
    services.replay_ratings()
    last = seasons[1].races[-1]
    Race.objects.filter(pk=last.pk).update(status=Race.Status.SCHEDULED)
    rated = services.replay_ratings()
    assert str(rated) == "5 races rated, the newest are gone"
    assert not RatingChange.objects.filter(race=last).exists()
    assert RatedRace.objects.count() == 5


def test_a_moved_race_replays_from_its_new_place(seasons: Seasons) -> None:
    services.replay_ratings()
    first, second, third = seasons[1].races
    Race.objects.filter(pk=third.pk).update(starts_on=first.starts_on)
    assert str(services.replay_ratings()).startswith("2 races rated from 2024-3 on")
    order = RatedRace.objects.order_by("sequence").values_list("race_id", flat=True)
    assert list(order)[3:] == [first.pk, third.pk, second.pk]


def test_other_parameters_make_a_full_replay(seasons: Seasons) -> None:
    services.replay_ratings()
    faster = {**CONFIGS, "race": replace(CONFIGS["race"], gain_driver=0.05)}
    assert str(services.replay_ratings(configs=faster)).startswith("6 races rated")
    assert services.replay_ratings(configs=faster).run is None


def test_a_renamed_team_keeps_its_rating(seasons: Seasons) -> None:
    services.replay_ratings()
    heir = Team.objects.create(slug="heir", name="Heir", full_name="Heir Racing")
    for team, first, last in (("mclaren", 2000, 2023), ("heir", 2024, None)):
        TeamEra.objects.create(
            team=Team.objects.get(slug=team),
            lineage="mclaren",
            first_year=first,
            last_year=last,
        )
    seasons[1].races[0].results.filter(team__slug="mclaren").update(team=heir)
    services.replay_ratings()
    change = RatingChange.objects.get(team=heir, kind="race")
    assert (change.lineage, change.n_before) == ("mclaren", 1)


def test_only_a_rated_race_can_be_the_first(seasons: Seasons) -> None:
    with pytest.raises(ValueError, match="since is 2024 Japan Grand Prix"):
        services.replay_ratings(since=seasons[1].next_race)


def test_a_failure_leaves_the_ratings_as_they_were(
    seasons: Seasons, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.replay_ratings()
    before = stored()
    swap_first_two(seasons[0].races[0])

    def fail(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(services, "remember", fail)
    with pytest.raises(OSError, match="disk full"):
        services.replay_ratings()
    assert stored() == before


def test_an_empty_record_is_no_trouble(db: None) -> None:
    empty_record()
    assert str(services.replay_ratings()) == "0 races rated before, nothing changed"
    assert str(services.replay_ratings(full=True)).startswith("0 races rated")


def test_its_time_is_measured(seasons: Seasons) -> None:
    name = "f1_elo_calculation_duration_seconds_count"
    before = REGISTRY.get_sample_value(name) or 0
    services.replay_ratings()
    services.replay_ratings()
    assert REGISTRY.get_sample_value(name) == before + 1


def test_a_driver_twice_in_a_race_counts_once(seasons: Seasons) -> None:
    race, drivers = seasons[0].races[0], seasons[0].drivers
    driver, ferrari = drivers["max-verstappen"], seasons[0].teams["charles-leclerc"]
    make_result(race, driver, ferrari, 19, is_shared_car=True, car_number="99")
    services.replay_ratings()
    change = RatingChange.objects.get(race=race, kind="race", driver=driver)
    assert (change.lineage, change.actual_score) == ("red-bull", 1)


def test_when_every_race_has_vanished_no_rating_is_left(seasons: Seasons) -> None:
    services.replay_ratings()
    RaceResult.objects.all().delete()
    Race.objects.update(status=Race.Status.SCHEDULED)
    services.replay_ratings()
    assert not RatingChange.objects.exists()
    assert not RatedRace.objects.exists()
