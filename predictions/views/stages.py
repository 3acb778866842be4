"""The stages of a race's forecasts as tabs: when each was issued, or is due."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.conf import settings

from f1site.base import clock
from ingestion.models import Race, Session, SessionKind
from predictions.gaps import PRACTICES
from predictions.grids import GRID_SETTLED, sets_grid_of
from predictions.models import Forecast, Stage
from predictions.views.presenters.race import STAGE_LABELS, StageTab

STAGES = list(Stage.values)
LATE = "not issued: source late"
#: Where no source of practice is set.
BY_EDITOR = "not issued: an editor has to bring practice"
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
    waits = _waits(race, kind, sessions)
    return [
        StageTab(
            stage=stage,
            label=STAGE_LABELS[stage],
            state=_issued_on(issued[stage]),
            url=f"{base_url}?stage={stage}{keep}",
            is_active=stage == active,
        )
        if stage in issued
        else _awaited(stage, waits)
        for stage in STAGES
    ]


def weekend_begins(sessions: Sequence[Session]) -> date | None:
    """The day of the first session, of a weekend to come."""
    first = min((session.starts_on for session in sessions), default=None)
    return first if first and first >= clock.now().date() else None


def _issued_on(forecast: Forecast) -> str:
    at = forecast.issued_at
    return f"{_day(at)} {at.year}" + (", late" if forecast.late else "")


def _awaited(stage: str, waits: Mapping[str, When] | None) -> StageTab:
    """A stage without a forecast; nothing is awaited from the start on."""
    label = STAGE_LABELS[stage]
    if waits is None:
        return StageTab(stage=stage, label=label, state="not issued")
    by_editor = stage == Stage.POST_PRACTICE and not settings.PRACTICE_SOURCE
    if stage not in waits:
        return StageTab(stage=stage, label=label, state="to come")
    if _is_past(waits[stage], clock.now()):
        return StageTab(
            stage=stage, label=label, state=BY_EDITOR if by_editor else LATE
        )
    return StageTab(
        stage=stage,
        label=label,
        state=f"due {_day(waits[stage])}",
        due_at=_moment(waits[stage]),
        needs="needs an editor" if by_editor else "",
    )


def _day(day: When) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _moment(when: When | None) -> datetime | None:
    return when if isinstance(when, datetime) else None


def _waits(
    race: Race, kind: str, sessions: Sequence[Session]
) -> dict[str, When] | None:
    """Stage to when all that it waits for can be there; None from the start on."""
    is_sprint = kind == SessionKind.SPRINT
    start = (_first(sessions, kind) if is_sprint else None) or race
    if race.status != Race.Status.SCHEDULED or start.begins_at <= clock.now():
        return None
    waits = {
        Stage.POST_PRACTICE.value: _over(_first(sessions, *PRACTICES)),
        Stage.POST_QUALIFYING.value: _over(_first(sessions, sets_grid_of(race, kind))),
        Stage.FINAL_GRID.value: start.starts_at - GRID_SETTLED
        if start.starts_at
        else start.starts_on,
    }
    return {stage: at for stage, at in waits.items() if at}


def _first(sessions: Sequence[Session], *kinds: str) -> Session | None:
    return next((session for session in sessions if session.kind in kinds), None)


def _over(session: Session | None) -> When | None:
    if session is None:
        return None
    return session.over_at if session.starts_at else session.starts_on


def _is_past(when: When, now: datetime) -> bool:
    return when < now if isinstance(when, datetime) else when < now.date()
