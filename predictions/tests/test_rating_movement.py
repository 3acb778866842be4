"""The table of ratings: how ranks moved over some races, and other orders."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from f1site.testing.lasting import lasting
from ingestion.models import TeamEra
from ingestion.tests.factories import (
    MiniSeason,
    make_driver,
    make_result,
    make_team,
    mini_season,
)
from ratings import queries
from ratings.models import RatingChange
from ratings.movement import ranks_ago
from ratings.services import replay_ratings

Seasons = list[MiniSeason]
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


def _rated() -> Seasons:
    seasons = [mini_season(year) for year in (2022, 2023, 2024)]
    newcomer, team = make_driver("kimi-antonelli", code="ANT"), make_team("ferrari")
    for race in seasons[2].races[1:]:
        make_result(race, newcomer, team, 9, position=None, car_number="12")
    replay_ratings()
    return seasons


made = lasting(_rated, F1_NOW=NOW)


@pytest.fixture
def rated(made: Callable[[], Seasons], db: None, settings: Settings) -> Seasons:
    """Three seasons of three races; a newcomer drives the last two of them."""
    settings.F1_NOW = NOW
    return made()


def rows_of(client: Client, query: str = "") -> list[tuple[str, str]]:
    """Code and movement of each row of the table."""
    response = client.get(f"/ratings/{query}")
    assert response.status_code == 200
    text = re.sub(r"\s+", " ", response.content.decode())
    return re.findall(
        r'<th scope="row".*?class="code">(\w+)<.*?<td class="n rest \w+">(.*?)</td>',
        text,
    )


def ranks(race_pk: int) -> dict[str, int]:
    """Ranks after a race, from the stored changes alone."""
    changes = RatingChange.objects.filter(
        kind="race", driver__isnull=False, race_id=race_pk
    ).order_by("-after", "driver__slug")
    return {
        change.driver.code: 1 + sum(other.after > change.after for other in changes)
        for change in changes
        if change.driver
    }


@pytest.mark.parametrize(
    ("query", "now", "then"),
    [
        ("", (2, 2), (1, 0)),  # five races before 2024-3: 2023-1
        ("?moved=1", (2, 2), (2, 1)),
        ("?as_of=2024-03-05&moved=1", (2, 0), (1, 2)),
        ("?as_of=2023-03-20&moved=5", (1, 2), (0, 0)),
        ("?moved=17", (2, 2), (1, 0)),  # no such choice: five
    ],
)
def test_ranks_are_compared_with_the_table_of_then(
    query: str,
    now: tuple[int, int],
    then: tuple[int, int],
    rated: Seasons,
    client: Client,
) -> None:
    after = ranks(rated[now[0]].races[now[1]].pk)
    before = ranks(rated[then[0]].races[then[1]].pk)
    shown = dict(rows_of(client, query))
    assert list(shown) == list(after)
    for code, rank in after.items():
        moved = before[code] - rank if code in before else None
        if moved is None:
            assert shown[code] == "new"
        else:
            sign = "▲" if moved > 0 else "▼"
            assert shown[code] == (f"{sign} {abs(moved)}" if moved else "–")


def test_without_an_earlier_table_nobody_has_moved(
    rated: Seasons, client: Client
) -> None:
    assert {moved for _, moved in rows_of(client, "?as_of=2022-03-05")} == {"–"}


def test_races_of_that_kind_are_counted(rated: Seasons) -> None:
    """A race that was too short has a qualifying all the same."""
    short = rated[2].races[2]
    short.laps = 1
    short.save()
    replay_ratings()
    assert len(queries.driver_ratings(NOW)) == 7
    assert ranks_ago("driver", "race", NOW, 1) == {
        row.slug: row.rank
        for row in queries.driver_ratings(rated[2].races[1].starts_at)
    }
    assert ranks_ago("driver", "race", NOW, 100) == {}


def test_a_renamed_team_keeps_its_rank(rated: Seasons) -> None:
    team = make_team("nova")
    ferrari = rated[0].teams["charles-leclerc"]
    TeamEra.objects.create(
        team=ferrari, lineage="ferrari", first_year=1950, last_year=2023
    )
    TeamEra.objects.create(team=team, lineage="ferrari", first_year=2024)
    for race in rated[2].races:
        race.results.filter(team=ferrari).update(team=team)
    replay_ratings()
    assert set(ranks_ago("team", "race", NOW, 5)) == {"ferrari", "mclaren", "red-bull"}
    (nova,) = (row for row in queries.team_ratings(NOW) if row.slug == "nova")
    assert nova.lineage == "ferrari"


def test_heads_sort_by_links_and_keep_the_rest(rated: Seasons, client: Client) -> None:
    names = [code for code, _ in rows_of(client, "?sort=name")]
    assert names == ["SAI", "LEC", "ANT", "NOR", "VER", "PIA", "PER"]
    moved = [moved for _, moved in rows_of(client, "?sort=moved&moved=5")]
    assert moved[-1] == "new"
    gains = [m for m in moved if m.startswith("▲")]
    assert moved[: len(gains)] == gains
    peaks = [code for code, _ in rows_of(client, "?sort=peak")]
    table = sorted(queries.driver_ratings(NOW), key=lambda row: -(row.peak or 0))
    assert peaks == [row.code for row in table]
    assert rows_of(client, "?sort=luck") == rows_of(client)
    text = client.get("/ratings/?sort=name&moved=10&as_of=2024-12-01").content.decode()
    assert 'aria-sort="ascending"' in text
    assert (
        "?kind=driver&amp;session=race&amp;sort=peak&amp;as_of=2024-12-01&amp;moved=10"
        in text
    )
    assert date(2024, 12, 1) < NOW.date()
