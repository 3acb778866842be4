"""The calendar of a season: what was, what comes, who is favoured."""

from zoneinfo import ZoneInfo, available_timezones

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ingestion import queries as record
from ingestion.models import Circuit, Race, RaceResult, Season
from predictions.api.pagination import MOST_ROWS
from predictions.models import Prediction
from predictions.views import parts, stored
from predictions.views.downloads import FORMS
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.frame import Choice
from predictions.views.presenters.season import CalendarRound

#: Times as the script finds them where the reader is, and as they are at the track.
YOURS, TRACK = "", "track"


@require_safe
@kept_by_version("season", "zone")
def calendar(request: HtmxHttpRequest) -> HttpResponse:
    upcoming = record.next_race()
    years = list(Season.objects.order_by("-year").values_list("year", flat=True))
    year = _year(request, years, upcoming)
    zone = _zone(request)
    context = {
        "season": year,
        "zones": [
            Choice(label=label, url=name, is_active=name == zone)
            for name, label in _zones(zone)
        ],
        "seasons": [
            Choice(label=str(y), url=f"?season={y}", is_active=y == year) for y in years
        ],
        "rounds": _rounds(year, upcoming, zone) if year else [],
        "files": _files(year) if year else {},
        "canonical": f"{request.path}?season={year}" if year else "",
    }
    return render_part(request, "calendar", "calendar_rounds", context)


def _year(request: HttpRequest, years: list[int], upcoming: Race | None) -> int | None:
    asked = request.GET.get("season", "")
    if asked:
        if not asked.isdigit() or int(asked) not in years:
            raise Http404(f"The record holds no season {asked}.")
        return int(asked)
    if upcoming:
        return upcoming.season_id
    return years[0] if years else None


def _files(year: int) -> dict[str, str]:
    """The season as the API tells it, by form."""
    rounds = f"{reverse('api:calendar')}?season={year}&page_size={MOST_ROWS}"
    return {form: f"{rounds}&format={form}" for form in FORMS}


def _zone(request: HttpRequest) -> str:
    asked = request.GET.get("zone", YOURS)
    if asked not in (YOURS, TRACK) and asked not in available_timezones():
        raise Http404(f"No time zone is called {asked}.")
    return asked


def _zones(asked: str) -> list[tuple[str, str]]:
    """What is offered: those of the circuits; the address takes any other."""
    zones = set(Circuit.objects.values_list("time_zone", flat=True)) | {"UTC"}
    if asked not in (YOURS, TRACK):
        zones.add(asked)
    named = [(zone, zone.replace("_", " ")) for zone in sorted(filter(None, zones))]
    return [(YOURS, "yours"), (TRACK, "the track's"), *named]


def _rounds(year: int, upcoming: Race | None, zone: str) -> list[CalendarRound]:
    races = list(
        Race.objects.filter(season_id=year)
        .select_related("circuit")
        .order_by("starts_on", "id")
    )
    ids = [race.pk for race in races]
    winners = {
        row.race_id: row
        for row in RaceResult.objects.filter(race_id__in=ids, position=1)
        .select_related("driver", "team")
        .order_by("-is_shared_car")
    }
    favourites = stored.favourites(ids)
    return [
        _round(
            race,
            winner=winners.get(race.pk),
            favourite=favourites.get(race.pk),
            is_next=race == upcoming,
            zone=race.circuit.time_zone if zone == TRACK else zone,
        )
        for race in races
    ]


def _round(
    race: Race,
    *,
    winner: RaceResult | None,
    favourite: Prediction | None,
    is_next: bool,
    zone: str,
) -> CalendarRound:
    return CalendarRound(
        round=race.round,
        label=race.name,
        url=parts.race_url(race),
        date=race.starts_on,
        status=race.status,
        circuit_name=race.circuit.name,
        circuit_slug=race.circuit.slug,
        country=race.circuit.country,
        starts_at=race.starts_at,
        zone=ZoneInfo(zone) if zone else None,
        is_sprint=race.is_sprint_weekend,
        is_next=is_next,
        winner=parts.named_driver(winner.driver, winner.team) if winner else None,
        favourite=parts.named_driver(favourite.driver, favourite.team, favourite.p_win)
        if favourite
        else None,
    )
