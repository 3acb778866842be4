"""What search engines are told: which pages there are, and where not to look."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ingestion.models import Circuit, Driver, Race, Season, SessionKind, Team
from predictions.views import parts

PAGES = (
    "home",
    "ratings",
    "ratings-all-time",
    "ratings-history",
    "ratings-compare",
    "ratings-duels",
    "ratings-chain",
    "ratings-surprises",
    "track-record",
    "models",
    "data",
    "drivers",
    "teams",
    "circuits",
    "api-docs",
)
#: Nothing to index, or without end.
CLOSED = (
    "/admin/",
    "/api/v1/",
    "/ergast/",
    "/search/",
    "/login/",
    "/account/",
    "/compare.csv",
)


@dataclass(frozen=True, slots=True)
class Place:
    """The address of a page, and when it changed, where that is known."""

    path: str
    changed_at: datetime | None = None


class Places(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """Every page that has one address of its own. Five queries."""

    def items(self) -> list[Place]:
        pages = (Place(reverse(name)) for name in PAGES)
        return [*pages, *_seasons(), *_races(), *_entrants(), *_circuits()]

    def location(self, item: Place) -> str:
        return item.path

    def lastmod(self, item: Place) -> datetime | None:
        return item.changed_at


SITEMAPS = {"pages": Places}


def _seasons() -> Iterator[Place]:
    for season in Season.objects.order_by("-year"):
        for name in ("calendar", "standings"):
            yield Place(f"{reverse(name)}?season={season.year}")


def _races() -> Iterator[Place]:
    """Races and their sprints; one cancelled has no round and no page."""
    races = Race.objects.filter(round__isnull=False)
    for race in races.order_by("-starts_on", "-id"):
        yield Place(parts.race_url(race), race.results_changed_at)
        if race.is_sprint_weekend:
            yield Place(parts.race_url(race, SessionKind.SPRINT))


def _entrants() -> Iterator[Place]:
    """Drivers and teams that were ever entered."""
    for name, model in (("driver", Driver), ("team", Team)):
        entered = model._default_manager.filter(entries__isnull=False).distinct()
        for slug in entered.order_by("slug").values_list("slug", flat=True):
            yield Place(reverse(name, args=[slug]))


def _circuits() -> Iterator[Place]:
    raced = Circuit.objects.filter(races__isnull=False).distinct()
    for slug in raced.order_by("slug").values_list("slug", flat=True):
        yield Place(reverse("circuit", args=[slug]))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in CLOSED),
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
