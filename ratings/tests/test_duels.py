"""Duels, links and surprises, from rows of the record."""

from itertools import permutations
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from ingestion.models import QualifyingResult, Race, RaceResult, ResultStatus
from ingestion.services.changes import mark_changed
from ingestion.tests.factories import (
    MiniSeason,
    make_driver,
    make_race,
    make_result,
    make_team,
    mini_season,
)
from ratings import duels, links, services, surprises
from ratings.history import FloatArray
from ratings.meetings import Exclude, Outcome, Tally
from ratings.models import RatingChange


@pytest.fixture
def season(db: None) -> MiniSeason:
    return mini_season(2024)


def races_of(season: MiniSeason, slug: str, exclude: Exclude = Exclude.FAIR) -> Tally:
    found = duels.total(duels.meetings_of(season.drivers[slug].pk, exclude=exclude))
    assert found is not None
    return found.race


def test_both_sessions_are_counted_apart(
    season: MiniSeason, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(5):
        meetings = duels.meetings_of(season.drivers["charles-leclerc"].pk)
    (duel,) = duels.by_season(meetings)
    assert duel.mate_id == season.drivers["carlos-sainz-jr"].pk
    assert duel.years == {2024}
    # Behind in Bahrain and Australia; Sainz retired by the car in between.
    assert (duel.race.won, duel.race.lost) == (0, 2)
    assert duel.race.left_out == {Outcome.FAILED: 1}
    assert (duel.qualifying.won, duel.qualifying.lost) == (3, 0)
    gap = duel.qualifying.median_gap
    assert gap == pytest.approx((-0.001, -100 / 90_003))


def test_each_exclusion_can_be_switched(season: MiniSeason) -> None:
    jeddah = season.races[1].results.filter(driver__slug="carlos-sainz-jr")
    jeddah.update(reason="Collision")
    assert races_of(season, "charles-leclerc").won == 1
    without = races_of(season, "charles-leclerc", Exclude.CRASHES)
    assert without.left_out == {Outcome.CRASHED: 1}
    everything = races_of(season, "charles-leclerc", Exclude.NOTHING)
    assert (everything.won, everything.n_left_out) == (1, 0)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (ResultStatus.DID_NOT_START, Outcome.ABSENT),
        (ResultStatus.DID_NOT_QUALIFY, Outcome.ABSENT),
        (ResultStatus.DISQUALIFIED, Outcome.DISQUALIFIED),
        (ResultStatus.NOT_CLASSIFIED, Outcome.FAILED),
    ],
)
def test_the_reason_is_told(
    season: MiniSeason, status: ResultStatus, outcome: Outcome
) -> None:
    jeddah = season.races[1].results.filter(driver__slug="carlos-sainz-jr")
    jeddah.update(status=status)
    assert races_of(season, "carlos-sainz-jr").left_out == {outcome: 1}


def test_a_retirement_with_a_place_is_a_retirement(season: MiniSeason) -> None:
    bahrain = season.races[0].results.filter(driver__slug="charles-leclerc")
    bahrain.update(status=ResultStatus.RETIRED, reason="Engine")
    assert races_of(season, "charles-leclerc").left_out == {Outcome.FAILED: 2}


def test_qualifying_needs_a_time_that_counts(season: MiniSeason) -> None:
    rows = QualifyingResult.objects.filter(driver__slug="carlos-sainz-jr")
    first, second, _ = rows.order_by("race_id")
    rows.filter(pk=first.pk).update(q1_ms=None, q2_ms=None, q3_ms=None)
    rows.filter(pk=second.pk).update(status="excluded")
    found = duels.total(duels.meetings_of(season.drivers["charles-leclerc"].pk))
    assert found is not None
    assert found.qualifying.left_out == {Outcome.NO_TIME: 1, Outcome.EXCLUDED: 1}
    assert found.qualifying.won == 1


def test_shared_cars_count_for_nobody(season: MiniSeason) -> None:
    race = make_race(1951, 4)
    fangio, fagioli = make_driver("juan-fangio"), make_driver("luigi-fagioli")
    alfa, farina = make_team("alfa-romeo"), make_driver("nino-farina")
    make_result(race, fagioli, alfa, 1, car_number="8")
    make_result(race, fangio, alfa, 2, position=1, car_number="8", is_shared_car=True)
    make_result(race, farina, alfa, 3, position=5, car_number="2")
    make_result(race, fangio, alfa, 4, position=11, car_number="4")
    make_result(race, fagioli, alfa, 5, position=11, car_number="4", is_shared_car=True)
    Race.objects.filter(pk=race.pk).update(status="completed", laps=77)
    found = {duel.mate_id: duel for duel in duels.by_mate(duels.meetings_of(fangio.pk))}
    assert found[fagioli.pk].race.left_out == {Outcome.SHARED: 1}
    assert (found[farina.pk].race.won, found[farina.pk].race.lost) == (1, 0)


def test_mates_of_two_teams_in_a_race_agree_who_met(season: MiniSeason) -> None:
    race = make_race(1961, 5, status="completed", laps=75)
    moss, fairman = make_driver("stirling-moss"), make_driver("jack-fairman")
    walker, ferguson = make_team("rob-walker"), make_team("ferguson")
    make_result(race, moss, walker, 1, position=None)
    make_result(race, fairman, ferguson, 2, position=None, car_number="26")
    make_result(race, moss, ferguson, 3, position=None, car_number="26")
    assert duels.meetings_of(moss.pk) == []
    assert duels.meetings_of(fairman.pk) == []


def test_indianapolis_is_no_meeting(season: MiniSeason) -> None:
    Race.objects.filter(pk=season.races[0].pk).update(grand_prix="indianapolis")
    assert races_of(season, "charles-leclerc").n == 2
    make_race(1955, 1, grand_prix="indianapolis", status="completed", laps=200)
    indy = Race.objects.get(pk=1955_001)
    kurtis = make_team("kurtis-kraft")
    vukovich, mcgrath = make_driver("bill-vukovich"), make_driver("jack-mcgrath")
    make_result(indy, vukovich, kurtis, 1)
    make_result(indy, mcgrath, kurtis, 2)
    assert duels.meetings_of(vukovich.pk) == []
    assert links.chain_between(vukovich.pk, mcgrath.pk) is None


def test_a_season_tells_each_pair_once(
    season: MiniSeason, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        meetings = duels.meetings_in(2024)
    found = duels.by_season(meetings)
    assert len(found) == 3
    assert all(duel.race.n + duel.race.n_left_out == 3 for duel in found)
    assert duels.meetings_in(2023) == []


def test_a_chain_leads_through_team_mates(season: MiniSeason) -> None:
    race = make_race(2023, 1, status="completed", laps=50)
    leclerc, max_ = (
        season.drivers[slug] for slug in ("charles-leclerc", "max-verstappen")
    )
    norris, sainz = season.drivers["lando-norris"], season.drivers["carlos-sainz-jr"]
    assert links.chain_between(max_.pk, sainz.pk) is None
    make_result(race, leclerc, make_team("sauber"), 1)
    make_result(race, max_, make_team("sauber"), 2)
    chain = links.chain_between(sainz.pk, max_.pk)
    assert chain is not None
    first, second = chain.links
    assert (first.driver_id, first.mate_id) == (sainz.pk, leclerc.pk)
    assert (first.won, first.n_race, first.n_qualifying) == (2, 2, 3)
    assert (second.first_year, second.last_year, second.won) == (2023, 2023, 1)
    back = links.chain_between(max_.pk, sainz.pk)
    assert back is not None
    assert back.difference.points == pytest.approx(-chain.difference.points)
    assert back.difference.error == pytest.approx(chain.difference.error)
    assert links.chain_between(norris.pk, sainz.pk) is None


def test_links_are_counted_as_duels_are(season: MiniSeason) -> None:
    (web,) = [
        met
        for who, met in links.read_web().met.items()
        if season.drivers["charles-leclerc"].pk in who
    ]
    found = duels.total(duels.meetings_of(season.drivers["charles-leclerc"].pk))
    assert found is not None
    assert {web.won, web.lost} == {
        found.race.won + found.qualifying.won,
        found.race.lost + found.qualifying.lost,
    }
    assert web.n_race == found.race.n


def test_links_are_read_once_for_all_that_is_rated(
    season: MiniSeason, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    services.replay_ratings()
    with django_assert_num_queries(9):
        links.read_web()
    with django_assert_num_queries(6):
        web = links.read_web()
    season.races[1].results.filter(driver__slug="carlos-sainz-jr").update(
        reason="Collision"
    )
    services.replay_ratings()
    assert links.read_web() != web


def test_links_follow_what_ratings_do_not_know(season: MiniSeason) -> None:
    services.replay_ratings()
    web = links.read_web()
    laps = QualifyingResult.objects.filter(driver__slug="carlos-sainz-jr")
    laps.update(q1_ms=None, q2_ms=None, q3_ms=None)
    mark_changed(race.pk for race in season.races)
    assert links.read_web() != web


def test_the_least_expected_winner_comes_first(
    season: MiniSeason, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    services.replay_ratings()
    with django_assert_num_queries(2):
        found = surprises.surprises()
    assert len(found) == 3
    assert [each.bits for each in found] == sorted(
        (each.bits for each in found), reverse=True
    )
    top = found[0]
    assert top.race_id == season.races[2].pk  # won by Sainz
    assert top.favourite_id == season.drivers["max-verstappen"].pk
    assert top.rank > 1
    assert not top.is_newcomer
    assert 2**-top.bits == pytest.approx(top.chance)


def test_nobody_is_a_surprise_among_equals(season: MiniSeason) -> None:
    services.replay_ratings()
    (first,) = [s for s in surprises.surprises() if s.race_id == season.races[0].pk]
    assert first.is_newcomer
    assert first.is_new_team
    assert first.bits == pytest.approx(log2(6)) == first.even_bits


def test_surprises_can_be_narrowed(season: MiniSeason) -> None:
    mini_season(2023)
    services.replay_ratings()
    assert len(surprises.surprises()) == 6
    assert {s.race_id // 1000 for s in surprises.surprises(2023, 2023)} == {2023}
    assert surprises.surprises(least_starters=7) == []


def test_who_shared_the_winning_car_won_too(season: MiniSeason) -> None:
    services.replay_ratings()
    race = season.races[0]
    alone = next(s for s in surprises.surprises() if s.race_id == race.pk)
    perez = RaceResult.objects.filter(race=race, driver__slug="sergio-perez")
    perez.update(position=1, is_shared_car=True)
    both = next(s for s in surprises.surprises() if s.race_id == race.pk)
    assert both.chance == pytest.approx(2 * alone.chance)
    assert set(both.winner_ids) == {
        season.drivers[slug].pk for slug in ("max-verstappen", "sergio-perez")
    }


def test_who_shared_a_car_can_come_onto_the_podium_apart(season: MiniSeason) -> None:
    services.replay_ratings()
    race = season.races[0]
    perez = RaceResult.objects.filter(race=race, driver__slug="sergio-perez")
    perez.update(position=1, is_shared_car=True)
    found = surprises.surprises(n_places=3)
    (both,) = [s for s in found if s.race_id == race.pk and len(s.winner_ids) == 2]
    # Six alike: a half each. At least one of two: three quarters.
    assert both.chance == pytest.approx(0.75)


def test_a_chance_of_nothing_is_still_a_number(season: MiniSeason) -> None:
    services.replay_ratings()
    RatingChange.objects.filter(driver__slug="carlos-sainz-jr").update(before=-1e6)
    assert surprises.surprises()[0].bits > 900


chances_of_few = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6).map(
    lambda odds: np.array(odds) / sum(odds)
)


@given(chances_of_few)
def test_podiums_are_those_of_all_orders(win: FloatArray) -> None:
    wanted = np.zeros(len(win))
    for order in permutations(range(len(win)), min(3, len(win))):
        chance, left = 1.0, 1.0
        for driver in order:
            chance *= win[driver] / left if left > 1e-9 else 1.0
            left -= win[driver]
        wanted[list(order)] += chance
    assert surprises.podium_chances(win) == pytest.approx(wanted)


def test_each_place_of_a_podium_is_told_apart(season: MiniSeason) -> None:
    services.replay_ratings()
    found = surprises.surprises(n_places=3)
    assert len(found) == 9
    alike = [each for each in found if each.race_id == season.races[0].pk]
    assert [each.chance for each in alike] == pytest.approx([0.5] * 3)
    assert {each.even_bits for each in alike} == {1.0}


def test_a_winner_without_a_rating_is_left_out(season: MiniSeason) -> None:
    services.replay_ratings()
    RatingChange.objects.filter(driver__slug="carlos-sainz-jr").delete()
    assert len(surprises.surprises()) == 2
