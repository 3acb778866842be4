"""Ratings of one driver or team race by race, with the words that explain them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.utils.http import urlencode

from f1site.base import clock
from ingestion.models import (
    Driver,
    QualifyingResult,
    Race,
    RaceResult,
    SessionKind,
    Team,
)
from predictions.charts import lines
from predictions.charts.colours import team_class
from predictions.views import parts
from predictions.views.presenters.frame import Choice, Link
from predictions.views.presenters.moves import (
    CarMove,
    Compared,
    RaceMove,
    SeasonMoves,
    in_words,
    why_no_car,
    why_not,
    why_not_rated,
)
from predictions.views.ratings import SESSIONS
from ratings.careers import chain_history
from ratings.config import CONFIGS
from ratings.history import Ending
from ratings.models import RatingChange, RatingKind
from ratings.opponents import Opponents, opponents
from ratings.queries import rating_history
from ratings.rows import FINISHED_STATUS, ending_of


@dataclass(frozen=True, slots=True)
class Row:
    """How a session ended for one driver, as far as ratings care."""

    race_id: int
    driver_id: int
    team_id: int
    position: int | None
    status: str
    reason: str | None  # None: of qualifying

    @property
    def is_counted(self) -> bool:
        """Whether others are compared with it in full."""
        counted = [CLASSIFIED] if self.reason is None else FINISHED_STATUS
        return self.position is not None and self.status in counted

    @property
    def has_crashed(self) -> bool:
        if self.reason is None:
            return False
        return ending_of(self.status, self.reason) == Ending.CRASHED

    @property
    def why_not(self) -> str:
        if self.is_counted:
            return ""
        if self.reason is None:
            return NO_PLACE.get(self.status, "no time set")
        return why_not(self.status, self.reason)


FILE_COLUMNS = ("season", "race", "date", "team", "before", "k_factor", "after")
#: Races up to which each point of a line is told in words.
MANY = 450
NOBODY = Opponents()
CLASSIFIED = QualifyingResult.Status.CLASSIFIED
NO_PLACE: dict[str, str] = {
    QualifyingResult.Status.EXCLUDED: "excluded from qualifying",
    QualifyingResult.Status.DISQUALIFIED: "disqualified from qualifying",
    QualifyingResult.Status.NOT_CLASSIFIED: "no time that counts",
}


# --- drivers ----------------------------------------------------------------------
def driver_moves(driver: Driver, session: str) -> list[RaceMove]:
    """Every race of a driver in order of time, also those that are not rated.

    Five queries, however long the career.
    """
    changes = list(rating_history(driver, session))
    rows = {race: row for (race, _), row in _rows(session, {"driver": driver}).items()}
    fields = opponents(session, [change.race_id for change in changes])
    teams = Team.objects.in_bulk({row.team_id for row in rows.values()})
    moves = [
        _rated(
            change,
            _driver_words(
                change, rows.get(change.race_id), fields.get(change.race_id, NOBODY)
            ),
            teams.get(rows[change.race_id].team_id) if change.race_id in rows else None,
        )
        for change in changes
    ]
    rated = {change.race_id for change in changes}
    races = Race.objects.in_bulk(rows.keys() - rated)
    moves += [
        _not_rated(race, rows[key], session, teams[rows[key].team_id])
        for key, race in races.items()
        if race.is_completed and race.starts_on <= clock.now().date()
    ]
    return sorted(moves, key=lambda move: move.on)


def _driver_words(change: RatingChange, row: Row | None, field: Opponents) -> str:
    is_counted, has_crashed = (
        (row.is_counted, row.has_crashed) if row else (False, False)
    )
    return in_words(
        _compared(
            change,
            n_opponents=field.n_finished - is_counted,
            n_crashed=field.n_crashed - has_crashed,
            has_crashed=has_crashed,
            why_not=row.why_not if row else "",
        )
    )


# --- teams ------------------------------------------------------------------------
def team_moves(team: Team, request: HttpRequest) -> list[RaceMove]:
    """Every rated race of a team and of what it was called before and after.

    Words are found for all of them or, where there are many, for those of the season
    asked for and the last of each. Four queries.
    """
    session = asked_session(request)
    changes = chain_history(team, session)
    told = _told(changes, request)
    fields = opponents(session, told)
    cars: dict[tuple[int, int], list[Row]] = defaultdict(list)
    teams = {change.team_id for change in changes if change.race_id in told}
    for row in _rows(session, {"race_id__in": told, "team_id__in": teams}).values():
        cars[row.race_id, row.team_id].append(row)
    return [
        _rated(
            change,
            _team_words(
                change,
                cars[change.race_id, change.team_id or 0],
                fields.get(change.race_id, NOBODY),
            )
            if change.race_id in told
            else "",
            change.team,
        )
        for change in changes
    ]


def _told(changes: Sequence[RatingChange], request: HttpRequest) -> set[int]:
    if len(changes) <= MANY:
        return {change.race_id for change in changes}
    last = {change.race.season_id: change.race_id for change in changes}
    season, _ = _asked_season(request, sorted(last, reverse=True))
    shown = {c.race_id for c in changes if c.race.season_id == season}
    return {*last.values(), *shown}


def _team_words(change: RatingChange, cars: Sequence[Row], field: Opponents) -> str:
    n_cars = sum(row.is_counted for row in cars)
    return in_words(
        _compared(
            change,
            n_opponents=field.n_finished - (n_cars > 0),
            n_crashed=field.n_crashed,
            has_crashed=any(row.has_crashed for row in cars),
            n_cars=n_cars,
            why_not=why_no_car([row.why_not for row in cars]),
        )
    )


def with_cars(rows: Sequence[RaceMove], team: Team, session: str) -> list[RaceMove]:
    """Races of a team with what each did to its drivers. Three queries."""
    races = [row.race_id for row in rows]
    own = RatingChange.objects.filter(team=team).values("lineage")
    changes = (
        RatingChange.objects.of_drivers()
        .filter(kind=session, race_id__in=races, lineage__in=own)
        .select_related("driver")
        .order_by("-actual_score", "pk")
    )
    results = _rows(session, {"race_id__in": races})
    fields = opponents(session, races)
    cars: dict[int, list[CarMove]] = defaultdict(list)
    for change in changes:
        if change.driver is None:
            continue
        row = results.get((change.race_id, change.driver.pk))
        cars[change.race_id].append(
            CarMove(
                driver=parts.named_driver(change.driver, None),
                words=_driver_words(change, row, fields.get(change.race_id, NOBODY)),
            )
        )
    return [replace(row, cars=cars[row.race_id]) for row in rows]


# --- both -------------------------------------------------------------------------
def series_of(moves: Sequence[RaceMove], *, label: str, name: str) -> lines.Series:
    """The line of what is rated; its points carry the words."""
    points = [
        lines.Point(
            on=move.on,
            rating=move.after,
            reading=_reading(move),
            url=move.url,
            team_class=move.team_class,
            team_name=move.team_name,
            is_mark=bool(move.words),
        )
        for move in moves
        if move.after is not None
    ]
    colour = points[-1].team_class if points else "team-other"
    return lines.Series(label=label, name=name, points=points, team_class=colour)


def _reading(move: RaceMove) -> str:
    team = f" · {move.team_name}" if move.team_name else ""
    return f"{move.label}: {move.after:.0f}{team}\n{move.words}"


def season_moves(request: HttpRequest, moves: Sequence[RaceMove]) -> SeasonMoves:
    """The season that the address asks for, the newest one unless told."""
    session = asked_session(request)
    seasons = sorted({move.season for move in moves}, reverse=True)
    season, trouble = _asked_season(request, seasons)
    place = seasons.index(season) if seasons else 0

    def url(**choices: Any) -> str:
        return f"{request.path}?{urlencode(choices)}"

    is_told = is_by_season(request)
    of_season = {"season": season} if is_told else {}
    return SeasonMoves(
        season=season,
        session=session,
        trouble=trouble,
        seasons=seasons,
        newer=_turn(seasons[:place][-1:], url, session),
        older=_turn(seasons[place + 1 : place + 2], url, session),
        sessions=[
            Choice(
                label=label,
                url=url(session=name, **of_season),
                is_active=name == session,
            )
            for name, label in SESSIONS.items()
        ],
        tabs=[
            Choice(label="Overview", url=url(session=session), is_active=not is_told),
            Choice(
                label="Season by season",
                url=url(session=session, season=season),
                is_active=is_told,
            ),
        ]
        if seasons
        else [],
        rows=[move for move in reversed(moves) if move.season == season],
    )


def is_by_season(request: HttpRequest) -> bool:
    """Whether a season is asked for: its races then stand in place of the whole."""
    return bool(request.GET.get("season"))


def _asked_season(request: HttpRequest, seasons: Sequence[int]) -> tuple[int, str]:
    """The season, and what is wrong with the one that was asked for."""
    asked = request.GET.get("season", "")
    newest = seasons[0] if seasons else 0
    if asked in map(str, seasons):
        return int(asked), ""
    trouble = f"No race in a season “{asked[:20]}”: this is {newest}."
    return newest, trouble if asked and seasons else ""


def file_rows(moves: Sequence[RaceMove]) -> list[list[Any]]:
    """A line for each race, in order of time; see ``FILE_COLUMNS``."""
    return [
        [
            move.season,
            move.label,
            move.on.isoformat(),
            move.team_name,
            *(
                None if figure is None else round(figure, 2)
                for figure in (move.before, move.k_factor, move.after)
            ),
        ]
        for move in moves
    ]


def _turn(year: Sequence[int], url: Callable[..., str], session: str) -> Link | None:
    if not year:
        return None
    return Link(label=str(year[0]), url=url(session=session, season=year[0]))


def asked_session(request: HttpRequest) -> str:
    """Race, unless the address asks for qualifying."""
    asked = request.GET.get("session", "")
    return asked if asked in SESSIONS else RatingKind.RACE.value


def _rows(session: str, asked: Mapping[str, Any]) -> dict[tuple[int, int], Row]:
    """How sessions ended, by race and driver; of shared cars the best. One query."""
    order = "race_id", "display_order"
    names = ("race_id", "driver_id", "team_id", "position", "status")
    told: Iterable[tuple[Any, ...]]
    if session == RatingKind.RACE:
        results = RaceResult.objects.filter(**asked).order_by(*order)
        told = results.values_list(*names, "reason")
    else:
        laps = QualifyingResult.objects.filter(kind=SessionKind.QUALIFYING, **asked)
        told = ((*row, None) for row in laps.order_by(*order).values_list(*names))
    first: dict[tuple[int, int], Row] = {}
    for row in told:
        first.setdefault(row[:2], Row(*row))
    return first


def _compared(change: RatingChange, **field: Any) -> Compared:
    return Compared(
        before=change.before,
        after=change.after,
        k_factor=change.k_factor,
        actual=change.actual_score,
        expected=change.expected_score,
        crash_weight=float(CONFIGS[change.kind].weights[Ending.CRASHED]),
        **field,
    )


def _rated(change: RatingChange, said: str, team: Team | None) -> RaceMove:
    return RaceMove(
        race_id=change.race_id,
        season=change.race.season_id,
        label=parts.race_label(change.race),
        url=parts.race_url(change.race),
        on=change.race.starts_on,
        words=said,
        team_class=team_class(team.slug if team else None),
        team_name=team.name if team else "",
        before=change.before,
        after=change.after,
        k_factor=change.k_factor,
    )


def _not_rated(race: Race, row: Row, session: str, team: Team) -> RaceMove:
    return RaceMove(
        race_id=race.pk,
        season=race.season_id,
        label=parts.race_label(race),
        url=parts.race_url(race),
        on=race.starts_on,
        words=why_not_rated(row.status if session == RatingKind.RACE else ""),
        team_class=team_class(team.slug),
        team_name=team.name,
    )
