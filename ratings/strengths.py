"""Ratings as a race finds them: winter over, newcomers with their prior."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from f1site.base import clock
from f1site.base.partitions import KEYS_PER_SEASON
from ingestion.models import Race
from ratings.config import CONFIGS, EloConfig
from ratings.models import RatedRace, RatingChange, RatingKind
from ratings.rows import Lineages
from ratings.store import Standing

#: What is read of a change, beside whose it is.
TOLD = ("kind", "sequence", "race_id", "n_before", "k_factor", "after")


def started_before(as_of: datetime, race: str = "race__") -> Q:
    """Races under way at a moment; where only the day is known, those before it."""
    return Q(**{f"{race}starts_at__lt": as_of}) | Q(
        **{f"{race}starts_at": None, f"{race}starts_on__lt": as_of.date()}
    )


class Strengths:
    """Ratings at one place in the order of time, for races of one season.

    What is found for those who raced is bit for bit the ``before`` of the replay.
    """

    def __init__(self, ledger: "_Ledger", sequence: int, season: int) -> None:
        self._ledger, self._sequence, self._season = ledger, sequence, season

    def driver(self, driver_id: int, kind: str = RatingKind.RACE) -> float:
        """Rating of a driver, Elo points."""
        standing = self._ledger.drivers.newest(kind, driver_id, self._sequence)
        return self._carried(standing, CONFIGS[kind], is_team=False)

    def team(self, team_id: int, kind: str = RatingKind.RACE) -> float:
        """Rating of a team, by its lineage in the season; Elo points."""
        lineage = self._ledger.lineages.of(team_id, self._season)
        standing = self._ledger.teams.newest(kind, lineage, self._sequence)
        return self._carried(standing, CONFIGS[kind], is_team=True)

    def n_races(self, driver_id: int, kind: str = RatingKind.RACE) -> int:
        """Races that moved the driver's rating so far; 0 is a newcomer."""
        standing = self._ledger.drivers.newest(kind, driver_id, self._sequence)
        return standing.n_races if standing else 0

    def _carried(
        self, standing: Standing | None, config: EloConfig, *, is_team: bool
    ) -> float:
        if standing is None or not standing.n_races:
            prior = config.newcomer_team if is_team else config.newcomer_driver
            return config.start + prior
        rating = standing.rating
        for year in range(standing.season + 1, self._season + 1):
            kept = config.kept(year)[is_team]
            rating = config.start + kept * (rating - config.start)
        return rating


def strengths_before(
    races: Iterable[Race], *, as_of: datetime | None = None
) -> Mapping[int, Strengths]:
    """By key of each race, also of those to come, the ratings that it finds.

    Parameters
    ----------
    races : with date and season
    as_of : what started later is not used either
    """
    timeline = _Timeline(as_of)
    sequences = {race.pk: timeline.sequence_of(race) for race in races}
    ledger = _Ledger(sequences.values())
    return {
        key: Strengths(ledger, sequence, key // KEYS_PER_SEASON)
        for key, sequence in sequences.items()
    }


def current_strengths(
    *, season: int | None = None, as_of: datetime | None = None
) -> Strengths:
    """Ratings as the next race of a season would find them at a moment."""
    moment = as_of or clock.now()
    sequence = len(_Timeline(moment))
    return Strengths(_Ledger([sequence]), sequence, season or moment.year)


class _Timeline:
    """The rated races that started before a moment, or all. One query."""

    def __init__(self, as_of: datetime | None) -> None:
        rated = RatedRace.objects.order_by("sequence")
        if as_of is not None:
            rated = rated.filter(started_before(as_of))
        self._starts = list(rated.values_list("race__starts_on", "race_id"))

    def __len__(self) -> int:
        return len(self._starts)

    def sequence_of(self, race: Race) -> int:
        """How many of them came before that race."""
        return bisect_left(self._starts, (race.starts_on, race.pk))


class _Standings:
    """Standings of drivers, or of teams, by kind and key in order of time."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, Any], list[int]] = defaultdict(list)
        self._standings: dict[tuple[str, Any], list[Standing]] = defaultdict(list)

    def add(self, changes: QuerySet[RatingChange], subject: str) -> None:
        """Append changes, which come in order of time for each subject."""
        rows = changes.values_list(subject, *TOLD)
        for key, kind, sequence, race, n_before, k_factor, rating in rows:
            n_races = n_before + (k_factor > 0)
            standing = Standing(rating, race // KEYS_PER_SEASON, n_races)
            self._places[kind, key].append(sequence)
            self._standings[kind, key].append(standing)

    def newest(self, kind: str, key: Any, sequence: int) -> Standing | None:
        """The standing that the last race before that place left."""
        place = bisect_left(self._places.get((kind, key), ()), sequence)
        return self._standings[kind, key][place - 1] if place else None


class _Ledger:
    """All standings that some places in the order of time can ask for."""

    def __init__(self, sequences: Iterable[int]) -> None:
        wanted = list(sequences) or [0]
        first, last = min(wanted), max(wanted)
        self.lineages = Lineages()
        self.drivers, self.teams = _Standings(), _Standings()
        for side, rows, subject in (
            (self.drivers, RatingChange.objects.of_drivers(), "driver_id"),
            (self.teams, RatingChange.objects.of_teams(), "lineage"),
        ):
            earlier = rows.filter(sequence__lt=first)
            newest = earlier.order_by("kind", subject, "-sequence")
            side.add(newest.distinct("kind", subject), subject)
            if first < last:
                between = rows.filter(sequence__gte=first, sequence__lt=last)
                side.add(between.order_by("sequence"), subject)
