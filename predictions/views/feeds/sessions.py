"""The sessions of a season, for the calendars of readers."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import F, Max
from django.db.models.functions import Greatest
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import http_date
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from ingestion import queries as record
from ingestion.models import (
    CorrectedFigure,
    Provenance,
    Race,
    Season,
    Session,
    SessionKind,
)
from predictions.views import parts
from predictions.views.feeds.ical import Event, calendar_text

LABELS = {
    SessionKind.FP1: "Practice 1",
    SessionKind.FP2: "Practice 2",
    SessionKind.FP3: "Practice 3",
    SessionKind.FP4: "Practice 4",
    SessionKind.QUALIFYING: "Qualifying",
    SessionKind.SPRINT_QUALIFYING: "Sprint qualifying",
    SessionKind.SPRINT: "Sprint",
    SessionKind.WARM_UP: "Warm-up",
}
STATUSES = {
    Race.Status.CANCELLED: "CANCELLED",
    Race.Status.POSTPONED: "TENTATIVE",
}
#: The sheets whose change moves an event.
SHEETS = ("races", "sessions")


@require_safe
def following(request: HttpRequest) -> HttpResponse:
    """The season of the next race and all after it, so that it renews itself."""
    upcoming = record.next_race()
    newest = Season.objects.order_by("-year").values_list("year", flat=True).first()
    first = upcoming.season_id if upcoming else newest
    return _file(request, _years_from(first) if first else [])


@require_safe
def of_season(request: HttpRequest, year: int) -> HttpResponse:
    if not Season.objects.filter(year=year).exists():
        raise Http404(f"The record holds no season {year}.")
    return _file(request, [year])


def _years_from(first: int) -> list[int]:
    years = Season.objects.filter(year__gte=first).order_by("year")
    return list(years.values_list("year", flat=True))


def _file(request: HttpRequest, years: list[int]) -> HttpResponse:
    races = list(
        Race.objects.filter(season_id__in=years)
        .select_related("circuit")
        .prefetch_related("sessions")
        .order_by("starts_on", "id")
    )
    changed = _changed([race.pk for race in races])
    events = [event for race in races for event in _events(request, race, changed)]
    events.sort(key=lambda event: (f"{event.start:%Y%m%d%H%M}", event.uid))
    span = parts.years(years[0], years[-1]) if years else ""
    response = HttpResponse(
        calendar_text(f"Formula One {span}".strip(), events),
        content_type="text/calendar; charset=utf-8",
    )
    name = slugify(f"{settings.APP_NAME} {'-'.join(map(str, years))}")
    response["Content-Disposition"] = f'inline; filename="{name}.ics"'
    if events:
        newest = max(event.changed_at for event in events)
        response["Last-Modified"] = http_date(newest.timestamp())
    return response


def _changed(race_ids: list[int]) -> dict[int, datetime]:
    """Race: when a source or an editor last moved it or a session. Two queries."""
    sheets = {"race_id__in": race_ids, "sheet__in": SHEETS}
    said = Provenance.objects.filter(**sheets).values_list("race_id")
    edited = CorrectedFigure.objects.filter(**sheets).values_list("race_id")
    moments = [
        *said.annotate(at=Max("changed_at")),
        *edited.order_by().annotate(
            at=Max(Greatest(F("correction__made_at"), F("correction__undone_at")))
        ),
    ]
    changed: dict[int, datetime] = {}
    for race, at in moments:
        changed[race] = max(at, changed.get(race, at))
    return changed


def _events(
    request: HttpRequest, race: Race, changed: Mapping[int, datetime]
) -> Iterator[Event]:
    for session in record.sessions_of(race):
        yield _event(request, race, session, changed)


def _event(
    request: HttpRequest,
    race: Race,
    session: Session,
    changed: Mapping[int, datetime],
) -> Event:
    label = LABELS.get(SessionKind(session.kind))
    start, end = session.starts_at, session.over_at
    circuit = race.circuit
    where = (circuit.name, circuit.place, circuit.country)
    calendar = f"{reverse('calendar')}?season={race.season_id}"
    return Event(
        uid=f"{race.pk}-{session.kind}@f1-sessions",
        title=f"{race.name}: {label}" if label else race.name,
        start=start or session.starts_on,
        end=end if start else end.date(),
        changed_at=changed.get(race.pk, datetime(race.season_id, 1, 1, tzinfo=UTC)),
        status=STATUSES.get(Race.Status(race.status), "CONFIRMED"),
        place=", ".join(dict.fromkeys(filter(None, where))),
        url=request.build_absolute_uri(parts.race_url(race) or calendar),
    )
