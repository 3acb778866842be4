"""What is known of each of those compared, and how it is said."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from ingestion import statistics
from ingestion.models import Driver, Race, RaceResult, Team
from predictions.charts import words
from predictions.charts.colours import team_class
from predictions.views import parts
from predictions.views.compare.asked import Subject
from predictions.views.presenters.compare import Cell, CompareRow
from ratings.careers import chain_history, letters
from ratings.meetings import Z95
from ratings.models import RatingChange, RatingKind
from ratings.queries import rating_history


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A season of a driver or a team; ``place`` is that of the championship."""

    year: int
    n_starts: int
    n_wins: int
    n_podiums: int
    n_poles: int
    place: int | None
    points: Decimal
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A whole career: seasons, the newest first, and ratings in order of time."""

    subject: Subject
    code: str
    team_class: str
    seasons: Sequence[Season]
    history: Sequence[RatingChange]
    n_titles: int

    def total(self, name: str) -> Any:
        return sum(getattr(season, name) for season in self.seasons)

    @property
    def years(self) -> str:
        years = [season.year for season in self.seasons]
        return parts.years(min(years, default=None), max(years, default=None)) or "–"

    @property
    def last(self) -> RatingChange | None:
        return self.history[-1] if self.history else None

    @property
    def peak(self) -> RatingChange | None:
        """The highest rating that was no longer provisional."""
        settled = [change for change in self.history if not change.is_provisional]
        return max(settled, key=lambda change: change.after, default=None)

    @property
    def best_place(self) -> int | None:
        return min(
            (s.place for s in self.seasons if s.place and s.is_over), default=None
        )

    @property
    def best_years(self) -> list[int]:
        place = self.best_place
        return [
            s.year for s in self.seasons if s.is_over and place and s.place == place
        ]


def figures_of(subjects: Iterable[Subject]) -> list[Figures]:
    """Everything of each: five queries, six of a team, and one for all."""
    under_way = set(Race.objects.open().order_by().values_list("season_id", flat=True))
    return [_figures(subject, under_way) for subject in subjects]


def _figures(subject: Subject, under_way: set[int]) -> Figures:
    if isinstance(subject, Driver):
        results = RaceResult.objects.filter(driver=subject)
        code, team = parts.code_of(subject), subject.current_team
        history = list(rating_history(subject))
    else:
        results = RaceResult.objects.filter(team=subject)
        code, team = letters(subject.slug), subject
        chain = chain_history(subject, RatingKind.RACE)
        # What it was called before and after has pages and numbers of its own.
        history = [change for change in chain if change.team_id == subject.pk]
    return Figures(
        subject=subject,
        code=code,
        team_class=team_class(team.slug if team else None),
        seasons=_seasons(subject, results, under_way),
        history=history,
        n_titles=statistics.titles(subject),
    )


def _seasons(subject: Subject, results: Any, under_way: set[int]) -> list[Season]:
    standings = statistics.final_standings(subject)
    seasons = []
    for row in statistics.seasons_of(results):
        year = row.pop("race__season_id")
        place, points = standings.get(year, (None, row["points"]))
        over = year not in under_way
        told = row | {"place": place, "points": points or Decimal(0)}
        seasons.append(Season(year=year, is_over=over, **told))
    return seasons


# --- numbers side by side -------------------------------------------------------
def number_rows(found: Sequence[Figures]) -> list[CompareRow]:
    """A row for each figure; the highest is marked, of places the lowest."""
    name = _names(found)
    return [
        CompareRow(label="Seasons", cells=[Cell(text=each.years) for each in found]),
        _counts(name("Starts"), found, _total("n_starts")),
        _counts("Wins", found, _total("n_wins"), is_share=True),
        _counts(name("Podiums"), found, _total("n_podiums"), is_share=True),
        _counts("Poles", found, _total("n_poles"), is_share=True),
        _counts("Championship points", found, _total("points")),
        _counts("Titles", found, lambda each: each.n_titles),
        _row("Best season", found, lambda each: -(each.best_place or 99), _best_season),
        _row("Peak rating", found, lambda each: _rating(each.peak), _peak),
        _row("Last rating", found, lambda each: _rating(each.last), _last),
    ]


def _names(found: Sequence[Figures]) -> Callable[[str], str]:
    """What a figure is called; of teams it counts races, not cars."""
    is_of_teams = any(isinstance(each.subject, Team) for each in found)
    return lambda label: OF_TEAMS.get(label, label) if is_of_teams else label


def _total(name: str) -> Callable[[Figures], Any]:
    return lambda each: each.total(name)


def _counts(
    label: str,
    found: Sequence[Figures],
    count: Callable[[Figures], Any],
    *,
    is_share: bool = False,
) -> CompareRow:
    def cell(each: Figures) -> tuple[str, str]:
        n, starts = count(each), each.total("n_starts")
        note = f"{100 * n / starts:.0f}{words.THIN}%" if is_share and starts else ""
        return f"{parts.whole(n) if isinstance(n, Decimal) else n:,}", note

    return _row(label, found, count, cell)


def _row(
    label: str,
    found: Sequence[Figures],
    value: Callable[[Figures], Any],
    cell: Callable[[Figures], tuple[str, str]],
) -> CompareRow:
    values = [value(each) for each in found]
    best = max(values)
    cells = []
    for each, own in zip(found, values, strict=True):
        text, note = cell(each)
        is_best = own == best and min(values) < best
        cells.append(Cell(text=text, note=note, is_best=is_best))
    return CompareRow(label=label, cells=cells)


def _rating(change: RatingChange | None) -> float:
    return change.after if change else float("-inf")


def _best_season(each: Figures) -> tuple[str, str]:
    if each.best_place is None:
        return words.DASH, ""
    years = each.best_years
    note = (
        f"in {years[0]}" if len(years) == 1 else f"{len(years)} times, last {years[0]}"
    )
    return words.ordinal(each.best_place), note


def _peak(each: Figures) -> tuple[str, str]:
    return _rated(each.peak)


def _last(each: Figures) -> tuple[str, str]:
    return _rated(each.last)


def _rated(change: RatingChange | None) -> tuple[str, str]:
    """With the reach of its 95 % interval, and when it was."""
    if change is None:
        return words.DASH, ""
    reach = f"{change.after:.0f}\u00a0±\u00a0{Z95 * change.deviation:.0f}"
    return reach, parts.race_label(change.race).replace(" Grand Prix", "")


# --- seasons they shared ----------------------------------------------------------
def season_rows(found: Sequence[Figures]) -> list[CompareRow]:
    """Seasons in which two of them raced: places and points, the newest first."""
    by_year = [{season.year: season for season in each.seasons} for each in found]
    return [
        _season_row(year, [seasons.get(year) for seasons in by_year])
        for year in _shared(by_year)
    ]


def _shared(by_year: Sequence[Mapping[int, Season]]) -> list[int]:
    """Years that two of them know, the newest first."""
    n = Counter(year for seasons in by_year for year in seasons)
    return sorted((year for year in n if n[year] > 1), reverse=True)


def _season_row(year: int, seasons: Sequence[Season | None]) -> CompareRow:
    places = [s.place for s in seasons if s and s.place]
    best = min(places, default=None)
    cells = []
    for season in seasons:
        if season is None:
            cells.append(Cell(text=words.DASH))
            continue
        place = words.ordinal(season.place) if season.place else words.DASH
        points = parts.whole(season.points)
        cells.append(
            Cell(
                text=place,
                note=f"{points} pts, {season.n_wins} win{'s' * (season.n_wins != 1)}",
                is_best=season.place is not None and season.place == best,
            )
        )
    url = f"{reverse('calendar')}?season={year}"
    return CompareRow(label=str(year), url=url, cells=cells)


# --- all of it as a file ----------------------------------------------------------
def file_rows(found: Sequence[Figures]) -> list[list[Any]]:
    """A figure of each a row, as a number; what is not known is empty."""
    by_year = [{season.year: season for season in each.seasons} for each in found]
    name = _names(found)
    return [
        *([name(label), *map(figure, found)] for label, figure in FIGURES.items()),
        *(
            [f"{year} {label}", *(figure(seasons.get(year)) for seasons in by_year)]
            for year in _shared(by_year)
            for label, figure in OF_SEASON.items()
        ),
    ]


def _rating_of(change: RatingChange | None) -> float | None:
    return change.after if change else None


def _error_of(change: RatingChange | None) -> float | None:
    return change.deviation if change else None


OF_TEAMS = {"Starts": "Races", "Podiums": "Podium races"}
FIGURES: dict[str, Callable[[Figures], Any]] = {
    "First season": lambda each: min((s.year for s in each.seasons), default=None),
    "Last season": lambda each: max((s.year for s in each.seasons), default=None),
    "Starts": _total("n_starts"),
    "Wins": _total("n_wins"),
    "Podiums": _total("n_podiums"),
    "Poles": _total("n_poles"),
    "Championship points": lambda each: float(each.total("points")),
    "Titles": lambda each: each.n_titles,
    "Best season": lambda each: each.best_place,
    "Peak rating": lambda each: _rating_of(each.peak),
    "Deviation at the peak": lambda each: _error_of(each.peak),
    "Last rating": lambda each: _rating_of(each.last),
    "Deviation at the last": lambda each: _error_of(each.last),
}
OF_SEASON: dict[str, Callable[[Season | None], Any]] = {
    "place": lambda season: season and season.place,
    "points": lambda season: season and float(season.points),
    "wins": lambda season: season and season.n_wins,
}
