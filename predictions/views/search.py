"""Drivers, teams, circuits and races, by whatever a reader types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Case, IntegerField, Max, Q, QuerySet, When
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from ingestion.circuit_names import ALSO_CALLED
from ingestion.models import Circuit, Driver, Race, Team
from ingestion.models.calendar import FIRST_SEASON
from predictions.views import parts
from predictions.views.fragments import HtmxHttpRequest, render_part
from predictions.views.presenters.search import Found, Group

#: Shown of each kind; who wants more asks its list.
A_FEW = 6
#: What is longer was not typed to be found.
MOST_LETTERS, MOST_WORDS = 100, 6
#: One letter is in half of all names.
LEAST_LETTERS = 2
YEARS = range(FIRST_SEASON, 2100)
ROUNDS = range(1, 100)
#: Readers say "monaco gp", the record "Monaco Grand Prix".
FILLERS = {"gp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was typed: words without accents, a season, a round of it."""

    text: str = ""
    words: tuple[str, ...] = ()
    year: int | None = None
    round: int | None = None

    @classmethod
    def of(cls, typed: str) -> Self:
        text = typed.strip()[:MOST_LETTERS]
        words = [word for word in slugify(text).split("-") if word not in FILLERS]
        words = [word for word in words[:MOST_WORDS] if word]
        year = _take(words, YEARS)
        round_ = _take(words, ROUNDS) if year else None
        return cls(text=text, words=tuple(words), year=year, round=round_)

    @property
    def is_name(self) -> bool:
        return any(len(word) >= LEAST_LETTERS for word in self.words)


@require_safe
def search(request: HtmxHttpRequest) -> HttpResponse:
    wanted = Wanted.of(request.GET.get("q", ""))
    groups = _groups(wanted)
    context = {
        "query": wanted.text,
        "groups": groups,
        "n_found": sum(len(group.rows) for group in groups),
        "is_asked": wanted.is_name or wanted.year is not None,
    }
    return render_part(request, "search", "search_results", context)


def _take(words: list[str], numbers: range) -> int | None:
    """The first word that is such a number, taken out."""
    for word in words:
        if word.isascii() and word.isdigit() and int(word) in numbers:
            words.remove(word)
            return int(word)
    return None


def _groups(wanted: Wanted) -> list[Group]:
    """One query for each kind; a season alone has races alone."""
    if wanted.is_name:
        circuits = _circuits()
        tracks = [circuit for circuit in circuits if _has(circuit, wanted.words)]
        keep = f"?{urlencode({'q': ' '.join(wanted.words)})}"
        groups = [
            _group("Drivers", drivers(wanted), _driver, reverse("drivers") + keep),
            _group("Teams", teams(wanted), _team, reverse("teams") + keep),
            _group("Races", _races(wanted, circuits), _race),
            _group("Circuits", tracks, _circuit, reverse("circuits") + keep),
        ]
        return [group for group in groups if group.rows]
    if wanted.year is None:
        return []
    return _season(wanted.year, _races(wanted, []))


def _group(
    title: str,
    rows: Sequence[Any] | QuerySet[Any],
    found: Callable[[Any], Found],
    more_url: str = "",
) -> Group:
    few = list(rows[: A_FEW + 1])
    return Group(
        title=title,
        rows=[found(row) for row in few[:A_FEW]],
        more_url=more_url if len(few) > A_FEW else "",
    )


def _season(year: int, races: QuerySet[Race]) -> list[Group]:
    """The rounds, and all of them in the calendar."""
    group = _group("Races", races, _race)
    season = Found(label=f"Season {year}", url=_calendar_url(year), note="calendar")
    return [Group(title="Seasons", rows=[season]), group] if group.rows else []


# --- asking ---------------------------------------------------------------------
def drivers(wanted: Wanted) -> QuerySet[Driver]:
    """Who has that code first, then whoever raced last."""
    has_code = Q(code__iexact=wanted.words[0]) if len(wanted.words) == 1 else Q(pk=0)
    named = Driver.objects.filter(_all_begin(wanted.words, "slug") | has_code)
    return (
        named.annotate(
            last_year=Max("entries__race__season_id"),
            at=Case(When(has_code, then=0), default=1, output_field=IntegerField()),
        )
        .filter(last_year__isnull=False)
        .order_by("at", "-last_year", "slug")
    )


def teams(wanted: Wanted) -> QuerySet[Team]:
    return (
        Team.objects.filter(_all_begin(wanted.words, "slug", "full_name"))
        .annotate(last_year=Max("entries__race__season_id"))
        .filter(last_year__isnull=False)
        .order_by("-last_year", "slug")
    )


def _circuits() -> list[Circuit]:
    """All, the last raced on first: few enough to compare without accents here."""
    last = Circuit.objects.annotate(last_year=Max("races__season_id"))
    return list(last.filter(last_year__isnull=False).order_by("-last_year", "slug"))


def _races(wanted: Wanted, circuits: Sequence[Circuit]) -> QuerySet[Race]:
    """In order within a season, else the newest first."""
    races = Race.objects.select_related("circuit")
    for word in wanted.words:
        there = [circuit.pk for circuit in circuits if _has(circuit, (word,))]
        named = _all_begin([word], "grand_prix", "name")
        races = races.filter(named | Q(circuit_id__in=there))
    if wanted.year is None:
        return races.order_by("-starts_on", "-id")
    if wanted.round is not None:
        races = races.filter(round=wanted.round)
    return races.filter(season_id=wanted.year).order_by("starts_on", "id")


def _all_begin(words: Sequence[str], *fields: str) -> Q:
    """Each of the words, in any order, begins a word of one of the fields."""
    begins = [
        [(f"{field}__iregex", rf"\m{word}") for field in fields] for word in words
    ]
    return Q(*[Q(*either, _connector=Q.OR) for either in begins])


def _has(circuit: Circuit, words: Sequence[str]) -> bool:
    also = ALSO_CALLED.get(circuit.slug, "")
    names = (circuit.slug, circuit.name, circuit.full_name, also)
    text = slugify(" ".join((*names, circuit.place, circuit.country)))
    return all(f"-{word}" in f"-{text}" for word in words)


# --- showing --------------------------------------------------------------------
def _driver(driver: Any) -> Found:
    return Found(
        label=driver.name,
        url=reverse("driver", args=[driver.slug]),
        code=driver.code,
        note=f"{driver.nationality}, last {driver.last_year}".removeprefix(", "),
    )


def _team(team: Any) -> Found:
    url = reverse("team", args=[team.slug])
    return Found(label=team.name, url=url, note=f"last {team.last_year}")


def _circuit(circuit: Circuit) -> Found:
    return Found(
        label=circuit.name,
        url=reverse("circuit", args=[circuit.slug]),
        note=f"{circuit.place}, {circuit.country}",
    )


def _race(race: Race) -> Found:
    off = race.status in (Race.Status.CANCELLED, Race.Status.POSTPONED)
    return Found(
        label=parts.race_label(race),
        url=parts.race_url(race) or _calendar_url(race.season_id),
        note=race.status if off else race.circuit.name,
    )


def _calendar_url(year: int) -> str:
    return f"{reverse('calendar')}?season={year}"
