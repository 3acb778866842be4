"""From rows to entrants, always as of a moment: the last step that sees tables.

Nothing of a race that cannot be over at that moment is read, except what its own
weekend had told by then: line-up, practice, qualifying, grid. Its result never is.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet

from ingestion.models import Race, SessionKind
from ingestion.models.calendar import RACE_TIME
from predictions.forecasting.entrant import Entrant, Field
from predictions.forecasting.features import Replay
from predictions.forecasting.frame import Frame
from predictions.forecasting.models.base import FIRST_SEASON
from predictions.grids import (
    may_be_derived,
    qualifying_of,
    sets_grid_of,
    slots_of,
    starts_of,
)
from predictions.models import Stage
from predictions.weekends import (
    TOLD,
    Weekends,
    practice_of,
    untold,
)

#: Seasons read before the first that models learn from, for form to settle.
WARM_UP_SEASONS = 16
#: In the championship, but another sport: the ovals of 1950 to 1960.
ANOTHER_SPORT = Q(grand_prix="indianapolis", season__lte=1960)


def kinds_of(race: Race) -> list[str]:
    """What of a weekend is forecast, in order of time."""
    sprint = [SessionKind.SPRINT] if race.is_sprint_weekend else []
    return [*sprint, SessionKind.RACE]


def start_of(race: Race, kind: str = SessionKind.RACE) -> datetime:
    """Lights out of the race or its sprint; of a day its first moment."""
    return starts_of([race], kind)[race.pk]


def races_before(as_of: datetime) -> QuerySet[Race]:
    """Races with a result that can be over at a moment, in order of time.

    A race of which only the day is known counts from the next day on.
    """
    timed = Q(starts_at__lte=as_of - RACE_TIME)
    over = timed | Q(starts_at=None, starts_on__lt=as_of.date())
    return Race.objects.held().filter(over).order_by("starts_on", "id")


def entrants(*, race: Race, stage: str, as_of: datetime) -> tuple[Entrant, ...]:
    """Who races, with what the weekend has told at a stage."""
    return Weekends([race], TOLD[stage], as_of).ahead()[0].entrants


def open_stages(race: Race, as_of: datetime, kind: str = SessionKind.RACE) -> list[str]:
    """Stages whose inputs are there at a moment, from the least informed on."""
    to_come = untold([race], as_of, kind)[race.pk]
    practised = practice_of([race]).exclude(kind__in=to_come).exists()
    is_over = sets_grid_of(race, kind) not in to_come
    qualified = is_over and qualifying_of([race], kind).exists()
    derived = qualified and may_be_derived(race, as_of, kind)
    is_there = {
        Stage.PRE_WEEKEND: True,
        Stage.POST_PRACTICE: practised,
        Stage.POST_QUALIFYING: qualified,
        Stage.FINAL_GRID: derived or (is_over and bool(slots_of([race], kind))),
    }
    return [stage for stage, there in is_there.items() if there]


class Knowledge:
    """All that may be known at a moment.

    Parameters
    ----------
    as_of : nothing that cannot be over by then is read
    """

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of
        self._first = FIRST_SEASON if as_of.year > FIRST_SEASON else 0

    @cached_property
    def races(self) -> list[Race]:
        """What has been raced, in order of time."""
        known = races_before(self.as_of).exclude(ANOTHER_SPORT)
        recent = known.filter(season__gte=self._first - WARM_UP_SEASONS)
        return list(recent.select_related("circuit"))

    @property
    def frame(self) -> Frame:
        """Facts and outcomes of the races that models may learn from."""
        return self._replay.frame

    @property
    def sprints(self) -> Frame | None:
        """Facts and outcomes of the sprints, which no model learns from."""
        return self._replay.sprints

    def rows_of(
        self, race: Race, stage: str, kind: str = SessionKind.RACE
    ) -> tuple[Field, Frame]:
        """The field of a race, or of its sprint, at a stage, and its facts.

        Raises
        ------
        ValueError : a race that is among those known, or without any entrants
        """
        if any(race.pk == known.pk for known in self.races):
            raise ValueError(f"race is {race}; it was over before {self.as_of}")
        weekends = Weekends([race], TOLD[stage], self.as_of, session=kind)
        (field,) = weekends.ahead()
        return field, self._replay.ahead(field)

    @cached_property
    def _replay(self) -> Replay:
        told = TOLD[Stage.FINAL_GRID]
        races = Weekends(self.races, told).over()
        weekends = [race for race in self.races if race.is_sprint_weekend]
        sprints = Weekends(weekends, told, session=SessionKind.SPRINT).over()
        return Replay(_in_order(races, sprints), first_season=self._first)


def _in_order(races: Iterable[Field], sprints: Iterable[Field]) -> Iterator[Field]:
    """Sprints with a result before the races of their weekends."""
    held = {s.race: s for s in sprints if s.outcome and s.outcome.finishes}
    for race in races:
        if race.race in held:
            yield held[race.race]
        yield race
