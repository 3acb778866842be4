"""The championships of a season, after any of its rounds, as they were published."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ingestion.models import DriverStanding, Race, Season, Team, TeamStanding
from ingestion.standings import SeasonUntil, ranked_races
from predictions.charts import words
from predictions.charts.colours import team_class
from predictions.views import parts
from predictions.views.downloads import FORMS, table_file
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.frame import Choice, Lead, LeadPart, Link
from predictions.views.presenters.season import StandingRow

FILE_COLUMNS = {
    "position": "position",
    "slug": "slug",
    "name": "name",
    "engine": "engine",
    "points": "points",
    "gap": "gap",
    "wins": "n_wins",
    "is_champion": "is_champion",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A season, and the round after which its championships are looked at."""

    year: int | None
    races: Sequence[Race]  # of the season, those with standings
    race: Race | None

    @property
    def n_to_come(self) -> int:
        if self.race is None:
            return 0
        rounds = Race.objects.filter(season=self.race.season_id)
        return rounds.filter(round__gt=self.race.round).count()

    def url(self, race: Race) -> str:
        return f"{reverse('standings')}?{_query(race)}"

    def beside(self, step: int) -> Link | None:
        """The standings one round earlier or later."""
        if self.race is None:
            return None
        index = self.races.index(self.race) + step
        if not 0 <= index < len(self.races):
            return None
        race = self.races[index]
        return Link(label=f"After round {race.round}", url=self.url(race))


@require_safe
@kept_by_version("season", "round")
def standings(request: HtmxHttpRequest) -> HttpResponse:
    years = list(Season.objects.order_by("-year").values_list("year", flat=True))
    asked = _asked(request, years)
    drivers, teams = tables(asked.race)
    context: dict[str, Any] = {
        "season": asked.year,
        "race": asked.race,
        "race_url": parts.race_url(asked.race) if asked.race else "",
        "lead": _lead(asked, drivers),
        "drivers": drivers,
        "teams": teams,
        "seasons": [
            Choice(label=str(year), url=str(year), is_active=year == asked.year)
            for year in years
        ],
        "rounds": [
            Choice(
                label=f"{race.round} · {race.name}",
                url=str(race.round),
                is_active=race == asked.race,
            )
            for race in asked.races
        ],
        "earlier": asked.beside(-1),
        "later": asked.beside(1),
        "files": {who: _files(asked.race, who) for who in ("drivers", "teams")},
        "canonical": f"{request.path}?season={asked.year}" if asked.year else "",
    }
    return render_part(request, "standings", "standings_tables", context)


@require_safe
def standings_file(request: HttpRequest, who: str, form: str) -> HttpResponse:
    """The table that is shown."""
    years = list(Season.objects.values_list("year", flat=True))
    asked = _asked(request, years)
    if form not in FORMS or who not in ("drivers", "teams") or asked.race is None:
        raise Http404("There is no such table.")
    drivers, teams = tables(asked.race)
    rows = (
        [_plain(getattr(row, name)) for name in FILE_COLUMNS.values()]
        for row in (drivers if who == "drivers" else teams)
    )
    frame = {"season": asked.year, "round": asked.race.round}
    name = f"standings-{asked.year}-{asked.race.round}-{who}"
    return table_file(form, name, FILE_COLUMNS, rows, **frame)


def _plain(figure: Any) -> Any:
    return float(figure) if hasattr(figure, "normalize") else figure


def _asked(request: HttpRequest, years: Sequence[int]) -> Asked:
    """The newest championship unless told; 404 for what the record lacks."""
    season, round_ = (request.GET.get(name, "") for name in ("season", "round"))
    if season and season not in map(str, years):
        raise Http404(f"The record holds no season {season}.")
    newest = ranked_races().last()
    year = int(season) if season else newest.season_id if newest else None
    races = list(ranked_races().filter(season=year)) if year else []
    if not round_:
        return Asked(year, races, races[-1] if races else None)
    for race in races:
        if str(race.round) == round_:
            return Asked(year, races, race)
    raise Http404(f"The record has no standings after round {round_} of {year}.")


def _query(race: Race) -> str:
    return urlencode({"season": race.season_id, "round": race.round or ""})


def _files(race: Race | None, who: str) -> dict[str, str]:
    if race is None:
        return {}
    return {
        form: f"{reverse('standings-file', args=[who, form])}?{_query(race)}"
        for form in FORMS
    }


# --- the rows ---------------------------------------------------------------------
def tables(race: Race | None) -> tuple[list[StandingRow], list[StandingRow]]:
    """Drivers and teams in published order. Three queries."""
    if race is None:
        return [], []
    so_far = SeasonUntil.of(race)
    drivers = list(DriverStanding.objects.filter(race=race).select_related("driver"))
    teams = list(TeamStanding.objects.filter(race=race).select_related("team"))
    n_ranked = Counter(row.team_id for row in teams)
    return (
        [_driver_row(row, drivers[0], so_far) for row in drivers],
        [_team_row(row, teams[0], so_far, n_ranked[row.team_id]) for row in teams],
    )


def _driver_row(
    row: DriverStanding, first: DriverStanding, so_far: SeasonUntil
) -> StandingRow:
    teams = list(so_far.teams.get(row.driver_id, {}).values())
    return StandingRow(
        name=row.driver.name,
        slug=row.driver.slug,
        code=parts.code_of(row.driver),
        team_class=team_class(teams[-1].slug if teams else None),
        teams=[_team_link(team) for team in teams],
        engine="",
        n_wins=so_far.wins["driver", row.driver_id],
        **_place(row, first),
    )


def _team_row(
    row: TeamStanding, first: TeamStanding, so_far: SeasonUntil, n_ranked: int
) -> StandingRow:
    """A team that is ranked with several engines shares its wins among them."""
    return StandingRow(
        name=row.team.name,
        slug=row.team.slug,
        code="",
        team_class=team_class(row.team.slug),
        teams=(),
        engine=row.engine if n_ranked > 1 else "",
        n_wins=so_far.wins["team", row.team_id] if n_ranked == 1 else None,
        **_place(row, first),
    )


def _place(
    row: DriverStanding | TeamStanding, first: DriverStanding | TeamStanding
) -> dict[str, Any]:
    return {
        "position": row.position,
        "points": row.points,
        "gap": first.points - row.points if row.position else None,
        "is_champion": row.is_champion,
    }


def _team_link(team: Team) -> Link:
    return Link(label=team.name, url=reverse("team", args=[team.slug]))


# --- in words ---------------------------------------------------------------------
def _lead(asked: Asked, drivers: Iterable[StandingRow]) -> Lead | None:
    """Who is ahead, by how much, and what there is still to win."""
    ranked = [row for row in drivers if row.position]
    if not ranked or asked.race is None:
        return None
    first, *others = ranked
    verb = "is champion" if first.is_champion else "leads the drivers"
    words_ = [LeadPart(text=first.name, kind="name")]
    words_.append(LeadPart(text=f" {verb} with {words.plain(first.points)} points"))
    if others:
        words_ += _ahead_of(first, others[0])
    words_.append(LeadPart(text=_rest(asked.n_to_come)))
    return Lead(parts=tuple(words_))


def _ahead_of(first: StandingRow, second: StandingRow) -> list[LeadPart]:
    ahead = f", {words.plain(second.gap)} ahead of " if second.gap else ", level with "
    return [LeadPart(text=ahead), LeadPart(text=second.name, kind="name")]


def _rest(n_to_come: int) -> str:
    if not n_to_come:
        return "."
    return f", with {n_to_come} race{'s' if n_to_come > 1 else ''} to come."
