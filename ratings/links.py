"""Team-mates since 1950 as links, and the chain that leads from one to another."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from django.core.cache import cache

from f1site.base.partitions import KEYS_PER_SEASON
from ingestion import queries as record
from ratings import chains
from ratings.attendance import all_sides, known_races
from ratings.chains import Difference, Graph
from ratings.meetings import Outcome, Session, compare, pairs
from ratings.models import RatingRun

CACHE_SECONDS = 24 * 3600
#: Begins the name of what is cached; another shape or way of counting needs another.
CACHE_NAME = "team-mates-2"


@dataclass(slots=True)
class Met:
    """All that two team-mates have to do with each other, told from the first one."""

    won: int = 0
    lost: int = 0
    n_race: int = 0
    teams: list[int] = field(default_factory=list)
    first_year: int = 9999
    last_year: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A step of a chain, from a driver to a team-mate of his.

    Attributes
    ----------
    driver_id, mate_id : whose duel
    team_ids : teams they shared, the oldest first
    first_year, last_year : of meetings that count
    n_race, n_qualifying : those meetings
    won : by the driver
    difference : by how much the driver is ahead
    """

    driver_id: int
    mate_id: int
    team_ids: tuple[int, ...]
    first_year: int
    last_year: int
    n_race: int
    n_qualifying: int
    won: int
    difference: Difference

    @property
    def n(self) -> int:
        return self.n_race + self.n_qualifying


@dataclass(frozen=True, slots=True)
class Chain:
    """Links from one driver to another; none from a driver to himself."""

    links: tuple[Link, ...]

    @property
    def difference(self) -> Difference:
        return chains.whole(link.difference for link in self.links)


@dataclass(frozen=True, slots=True)
class Web:
    """Every two team-mates with meetings that count, the lower key first."""

    met: Mapping[tuple[int, int], Met]
    graph: Graph


def chain_between(start: int, goal: int) -> Chain | None:
    """The best chain of team-mates from a driver to another; None without any."""
    web = read_web()
    drivers = chains.best_chain(web.graph, start, goal)
    if drivers is None:
        return None
    return Chain(tuple(_link(web, *step) for step in pairwise(drivers)))


def read_web() -> Web:
    """All links. Nine queries, or six as long as the record stays as it is.

    Laps, reasons and car numbers count here that ratings do not know.
    """
    rated = RatingRun.objects.order_by("-id").values_list("data_hash", flat=True)
    newest = rated.first()
    if newest is None:
        return _web()
    state = " ".join(map(str, (newest, known_races().count(), *record.moved())))
    return _web_of(hashlib.sha256(state.encode()).hexdigest())


@lru_cache(maxsize=1)
def _web_of(state: str) -> Web:
    """Kept by each process, and for those that start later in the cache."""
    key = f"{CACHE_NAME}:{state}"
    web: Web | None = cache.get(key)
    if web is None:
        web = _web()
        cache.set(key, web, CACHE_SECONDS)
    return web


def _web() -> Web:
    found: dict[tuple[int, int], Met] = {}
    for session, sides in all_sides().items():
        for own, mate in pairs(sides):
            outcome = compare(own, mate)
            if outcome in (Outcome.WON, Outcome.LOST):
                met = found.setdefault((own.driver, mate.driver), Met())
                _count(met, own.race, own.team, session, outcome)
    duels = {who: (met.won, met.lost) for who, met in found.items()}
    return Web(found, chains.graph_of(duels))


def _count(met: Met, race: int, team: int, session: Session, outcome: Outcome) -> None:
    year = race // KEYS_PER_SEASON
    met.won += outcome is Outcome.WON
    met.lost += outcome is Outcome.LOST
    met.n_race += session is Session.RACE
    met.first_year = min(met.first_year, year)
    met.last_year = max(met.last_year, year)
    if team not in met.teams:
        met.teams.append(team)


def _link(web: Web, driver: int, mate: int) -> Link:
    met = web.met[min(driver, mate), max(driver, mate)]
    found = chains.difference(met.won, met.lost)
    n, is_first = met.won + met.lost, driver < mate
    return Link(
        driver_id=driver,
        mate_id=mate,
        team_ids=tuple(met.teams),
        first_year=met.first_year,
        last_year=met.last_year,
        n_race=met.n_race,
        n_qualifying=n - met.n_race,
        won=met.won if is_first else met.lost,
        difference=found if is_first else -found,
    )
