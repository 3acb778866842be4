"""The stages of a race's forecasts as tabs: when each was issued, or is due."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from f1site.base import clock
from ingestion.models import Race, Session, SessionKind
from predictions.gaps import PRACTICES
from predictions.grids import GRID_SETTLED, sets_grid_of
from predictions.models import Forecast, Stage
from predictions.views.presenters.race import STAGE_LABELS, StageTab

STAGES = list(Stage.values)
#: A moment, or the day where no more is known.
When = datetime | date


def timetable(race: Race) -> list[Session]:
    """The sessions of a weekend that is not over, in order. One query."""
    is_over = race.status != Race.Status.SCHEDULED
    return [] if is_over else list(race.sessions.all())


def stage_tabs(
    race: Race,
    kind: str,
    issued: Mapping[str, Forecast],
    sessions: Sequence[Session],
    *,
    active: str,
    base_url: str,
    keep: str = "",
) -> list[StageTab]:
    due = _due(race, kind, sessions)
    return [
        StageTab(
            stage=stage,
            label=STAGE_LABELS[stage],
            state=_issued_on(issued[stage])
            if stage in issued
            else _awaited(stage, due),
            due_at=_moment(due.get(stage)) if due and stage not in issued else None,
            url=f"{base_url}?stage={stage}{keep}" if stage in issued else "",
            is_active=stage == active,
        )
        for stage in STAGES
    ]


def weekend_begins(sessions: Sequence[Session]) -> date | None:
    """The day of the first session, of a weekend to come."""
    first = min((session.starts_on for session in sessions), default=None)
    return first if first and first >= clock.now().date() else None


def _issued_on(forecast: Forecast) -> str:
    at = forecast.issued_at
    return f"{_day(at)} {at.year}" + (", late" if forecast.late else "")


def _awaited(stage: str, due: Mapping[str, When] | None) -> str:
    """Of a stage without a forecast; nothing is awaited from the start on."""
    if due is None:
        return "not issued"
    return f"due {_day(due[stage])}" if stage in due else "to come"


def _day(day: When) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _moment(when: When | None) -> datetime | None:
    return when if isinstance(when, datetime) else None


def _due(race: Race, kind: str, sessions: Sequence[Session]) -> dict[str, When] | None:
    """Stage to when all that it waits for can be there; None from the start on.

    Stages that wait for what should be there already have no date any more.
    """
    is_sprint, now = kind == SessionKind.SPRINT, clock.now()
    start = (_first(sessions, kind) if is_sprint else None) or race
    if race.status != Race.Status.SCHEDULED or start.begins_at <= now:
        return None
    waits = {
        Stage.POST_PRACTICE.value: _over(_first(sessions, *PRACTICES)),
        Stage.POST_QUALIFYING.value: _over(_first(sessions, sets_grid_of(race, kind))),
        Stage.FINAL_GRID.value: start.starts_at - GRID_SETTLED
        if start.starts_at
        else start.starts_on,
    }
    return {stage: at for stage, at in waits.items() if at and not _is_past(at, now)}


def _first(sessions: Sequence[Session], *kinds: str) -> Session | None:
    return next((session for session in sessions if session.kind in kinds), None)


def _over(session: Session | None) -> When | None:
    if session is None:
        return None
    return session.over_at if session.starts_at else session.starts_on


def _is_past(when: When, now: datetime) -> bool:
    return when < now if isinstance(when, datetime) else when < now.date()
