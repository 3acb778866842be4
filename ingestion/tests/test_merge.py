"""Whatever a source says next, the record says the same, and keeps its keys."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.errors import SourceFormatError
from ingestion.models import RaceResult
from ingestion.records import RaceResultRecord
from ingestion.services.merge import Keys, merge
from ingestion.services.tables import RESULTS
from ingestion.tests.factories import CAST, make_driver, make_race, make_team

REF = (2024, "grand-prix-1")


def result(driver: str, order: int, points: int = 0) -> RaceResultRecord:
    return RaceResultRecord(
        race=REF,
        driver=driver,
        team=CAST[driver],
        car_number="1",
        display_order=order,
        position=order,
        is_classified=True,
        status="finished",
        reason="",
        grid=None,
        from_pit_lane=False,
        qualifying_position=None,
        laps=50,
        time_ms=None,
        gap_ms=None,
        gap_laps=None,
        penalty_ms=None,
        points=Decimal(points),
        is_shared_car=False,
        has_pole=False,
        has_fastest_lap=False,
        best_lap_ms=None,
        pit_stops=None,
    )


def classifications() -> st.SearchStrategy[list[RaceResultRecord]]:
    """Any finish of any part of the cast, with points that vary."""
    orders = st.permutations(list(CAST)).flatmap(
        lambda order: st.integers(0, len(order)).map(lambda n: order[:n])
    )
    return st.tuples(orders, st.integers(0, 1)).map(
        lambda drawn: [
            result(driver, order, points=drawn[1])
            for order, driver in enumerate(drawn[0], start=1)
        ]
    )


@pytest.fixture
def keys(db: None) -> Keys:
    race = make_race()
    return {
        "race": {REF: race.pk},
        "driver": {slug: make_driver(slug).pk for slug in CAST},
        "team": {slug: make_team(slug).pk for slug in CAST.values()},
    }


def stored() -> dict[str, tuple[int, int, Decimal]]:
    rows = RaceResult.objects.values_list(
        "driver__slug", "id", "display_order", "points"
    )
    return {slug: (key, order, points) for slug, key, order, points in rows}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(says=st.lists(classifications(), min_size=2, max_size=4))
def test_the_record_says_what_the_source_says_last(
    keys: Keys, says: list[list[RaceResultRecord]]
) -> None:
    scope = list(keys["race"].values())
    for classification in says:
        before = stored()
        change = merge(RESULTS, classification, keys, scope=scope)
        after = stored()
        wanted = {r.driver: (r.display_order, r.points) for r in classification}
        assert {slug: row[1:] for slug, row in after.items()} == wanted
        kept = before.keys() & after.keys()
        assert all(before[slug][0] == after[slug][0] for slug in kept)
        assert change.added == len(after.keys() - before.keys())
        assert change.removed == len(before.keys() - after.keys())
        assert change.changed == sum(before[slug] != after[slug] for slug in kept)
        assert change.unchanged == sum(before[slug] == after[slug] for slug in kept)
        assert bool(change) == (before != after)
        assert change.races == ({keys["race"][REF]} if change else set())


def test_rows_outside_of_the_scope_stay(keys: Keys) -> None:
    merge(RESULTS, [result("max-verstappen", 1)], keys, scope=[keys["race"][REF]])
    change = merge(RESULTS, [], keys, scope=[2024999])
    assert (change.removed, len(stored())) == (0, 1)


def test_a_reference_that_nobody_knows_is_an_error(keys: Keys) -> None:
    stranger = replace(result("max-verstappen", 1), team="hispania")
    with pytest.raises(SourceFormatError, match="results: a row refers to 'hispania'"):
        merge(RESULTS, [stranger], keys)
