"""Team-mates against each other: a season, a driver against all, or two of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ingestion.models import Driver, Team
from predictions.charts import words
from predictions.charts.colours import team_class
from predictions.views import choosing, parts
from predictions.views.choosing import Chosen
from predictions.views.downloads import table_file
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.frame import Choice, Kpi, Lead, LeadPart
from predictions.views.presenters.mates import DuelRow, DuelsHead, Score
from ratings import duels
from ratings.duels import Duel, Meeting
from ratings.meetings import Exclude, Outcome, Tally

EXCLUDES = {
    Exclude.FAIR: "What is unfair",
    Exclude.CRASHES: "Crashes too",
    Exclude.NOTHING: "Nothing: count everything",
}
#: Why a meeting is left out, after a number.
REASONS = {
    Outcome.FAILED: "retired by the car",
    Outcome.CRASHED: "crashed",
    Outcome.ABSENT: "did not start",
    Outcome.DISQUALIFIED: "disqualified",
    Outcome.NO_TIME: "without a time",
    Outcome.EXCLUDED: "excluded",
    Outcome.SHARED: "shared a car",
}
COLUMNS = (
    "season",
    "team",
    "driver",
    "mate",
    *(
        f"{session}_{figure}"
        for session in ("qualifying", "race")
        for figure in ("won", "lost", "left_out")
    ),
    "median_gap_percent",
    "median_gap_s",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose duels, and what is left out of them."""

    driver: Chosen
    mate: Chosen
    exclude: Exclude

    @property
    def is_clear(self) -> bool:
        """Nothing in the search boxes is left without an answer."""
        return not (self.driver.error or self.mate.error)

    def query(self, **other: str) -> str:
        keys = {
            "driver": self.driver.slug,
            "mate": self.mate.slug,
            "exclude": "" if self.exclude is Exclude.FAIR else self.exclude.value,
        }
        return urlencode({k: v for k, v in {**keys, **other}.items() if v})

    def url(self, name: str = "ratings-duels", **other: str) -> str:
        query = self.query(**other)
        return f"{reverse(name)}{'?' if query else ''}{query}"


@require_safe
@kept_by_version("driver", "mate", "exclude")
def ratings_duels(request: HtmxHttpRequest) -> HttpResponse:
    """Bad choices fall back to fair ones; a bad name is told in its box."""
    asked = _asked(request)
    season = None if asked.driver.driver else duels.newest_season()
    meetings = _meetings(asked, season)
    rows = _rows(duels.by_season(meetings), asked)
    sum_of_all = duels.total(meetings) if asked.driver.driver else None
    context: dict[str, Any] = {
        "duels": _head(asked, season, sum_of_all, rows),
        "asked": asked,
        "rows": rows,
        "lead": _lead(asked, sum_of_all),
        "kpis": _kpis(sum_of_all),
    }
    if not request.htmx or request.htmx.history_restore_request:
        context["driver_names"] = choosing.names()
    return render_part(request, "ratings_duels", "duels", context)


@require_safe
def duels_table(request: HttpRequest, form: str) -> HttpResponse:
    """The table that is shown, as a file."""
    asked = _asked(request)
    season = None if asked.driver.driver else duels.newest_season()
    rows = _rows(duels.by_season(_meetings(asked, season)), asked)
    name = "-".join(filter(None, ["duels", asked.driver.slug, asked.mate.slug]))
    return table_file(form, name, COLUMNS, map(_line, rows))


def _asked(request: HttpRequest) -> Asked:
    wanted = request.GET.get("exclude", "")
    exclude = Exclude(wanted) if wanted in set(Exclude) else Exclude.FAIR
    driver, mate = (choosing.choose(request.GET.get(k, "")) for k in ("driver", "mate"))
    if driver.driver and driver.driver == mate.driver:
        mate = Chosen(text=mate.text, error="That is the same driver twice.")
    if mate.driver and not (driver.driver or driver.error):
        driver, mate = mate, driver
    return Asked(driver, mate, exclude)


def _meetings(asked: Asked, season: int | None) -> list[Meeting]:
    if not asked.is_clear:
        return []
    driver, mate = asked.driver.driver, asked.mate.driver
    if driver:
        mate_id = mate.pk if mate else None
        return duels.meetings_of(driver.pk, mate_id=mate_id, exclude=asked.exclude)
    return duels.meetings_in(season, asked.exclude) if season else []


def _rows(found: Sequence[Duel], asked: Asked) -> list[DuelRow]:
    """Three queries at most, however long the list."""
    drivers = Driver.objects.in_bulk(
        {key for duel in found for key in (duel.driver_id, duel.mate_id)}
    )
    teams = Team.objects.in_bulk({duel.team_id for duel in found})
    return [
        row_of(
            duel,
            drivers[duel.driver_id],
            drivers[duel.mate_id],
            teams[duel.team_id],
            asked.exclude,
        )
        for duel in found
    ]


def row_of(
    duel: Duel, driver: Driver, mate: Driver, team: Team, exclude: Exclude
) -> DuelRow:
    """A row of a table of duels, here and on the page of a driver."""
    who = {"driver": driver.slug, "mate": mate.slug}
    if exclude is not Exclude.FAIR:
        who["exclude"] = exclude.value
    return DuelRow(
        years=parts.years(min(duel.years), max(duel.years)),
        driver=parts.named_driver(driver, team),
        mate=parts.named_driver(mate, team),
        url=f"{reverse('ratings-duels')}?{urlencode(who)}",
        team_name=team.name,
        team_slug=team.slug,
        team_class=team_class(team.slug),
        qualifying=_score(duel.qualifying),
        race=_score(duel.race),
        n_left_out=duel.race.n_left_out + duel.qualifying.n_left_out,
    )


def _score(tally: Tally) -> Score:
    gap = tally.median_gap
    return Score(
        won=tally.won,
        lost=tally.lost,
        gap_percent=gap.percent if gap else None,
        gap_seconds=gap.seconds if gap else None,
        left_out=_left_out(tally),
    )


def _left_out(tally: Tally) -> str:
    """``5 retired by the car, 1 crashed``; empty if nothing was."""
    return ", ".join(
        f"{tally.left_out[why]} {word}"
        for why, word in REASONS.items()
        if tally.left_out[why]
    )


def _head(
    asked: Asked, season: int | None, total: Duel | None, rows: Sequence[DuelRow]
) -> DuelsHead:
    driver, mate = asked.driver.driver, asked.mate.driver
    title = f"All pairs of {season}" if season else "Nobody yet"
    if not asked.is_clear:
        title = "Whose duels?"
    elif driver:
        title = f"Against {mate.name}" if mate else "Against every team-mate"
    return DuelsHead(
        exclude=asked.exclude.value,
        excludes=[
            Choice(
                label=label,
                url=asked.url(exclude=exclude.value),
                is_active=exclude is asked.exclude,
            )
            for exclude, label in EXCLUDES.items()
        ],
        title=title,
        season=season,
        driver=parts.named_driver(driver, None) if driver else None,
        mate=parts.named_driver(mate, None) if mate else None,
        notes=_notes(total),
        csv_url=asked.url("ratings-duels-csv") if rows else "",
        json_url=_json_url(asked) if rows else "",
        chain_url=_chain_url(driver, mate) if driver and mate else "",
    )


def _json_url(asked: Asked) -> str:
    """The API tells more of a driver; of a whole season it does not."""
    return asked.url(
        "api:rating-duels" if asked.driver.driver else "ratings-duels-json"
    )


def _chain_url(driver: Driver, mate: Driver) -> str:
    query = urlencode({"from": driver.slug, "to": mate.slug})
    return f"{reverse('ratings-chain')}?{query}"


def _notes(total: Duel | None) -> list[str]:
    if total is None:
        return []
    told = {"Qualifying": total.qualifying, "Races": total.race}
    return [
        f"{label}: {tally.n_left_out} left out ({_left_out(tally)})."
        for label, tally in told.items()
        if tally.n_left_out
    ]


def _lead(asked: Asked, total: Duel | None) -> Lead | None:
    driver, mate = asked.driver.driver, asked.mate.driver
    if driver is None or total is None:
        return None
    told = [
        (f"{tally.won} of {tally.n}", name if tally.n != 1 else one)
        for tally, name, one in (
            (total.qualifying, "qualifying sessions", "qualifying session"),
            (total.race, "races", "race"),
        )
        if tally.n
    ]
    if not told:
        return None
    pieces = [LeadPart(text=driver.name, kind="name")]
    pieces.append(LeadPart(text=f" beat {mate.name if mate else 'team-mates'} in "))
    for n, (count, sessions) in enumerate(told):
        pieces.append(LeadPart(text=" and in " if n else ""))
        pieces.append(LeadPart(text=count, kind="chance"))
        pieces.append(LeadPart(text=f" {sessions}"))
    return Lead(parts=(*pieces, LeadPart(text=" that can be compared.")))


def _kpis(total: Duel | None) -> list[Kpi]:
    if total is None:
        return []
    kpis = [
        Kpi(
            label=label,
            figure=f"{tally.won}\u2009–\u2009{tally.lost}",
            note=_share(tally),
        )
        for label, tally in (("Qualifying", total.qualifying), ("Race", total.race))
    ]
    gap = total.qualifying.median_gap
    if gap:
        kpis.append(
            Kpi(
                label="Median gap in qualifying",
                figure=f"{words.signed(gap.percent, 2)}{words.THIN}%",
                note=f"{words.signed(gap.seconds, 3)} s;"
                f" {len(total.qualifying.gaps)} compared, minus is faster",
            )
        )
    return kpis


def _share(tally: Tally) -> str:
    if tally.share is None:
        return "nothing to compare"
    low, high = (100 * end for end in tally.interval)
    return (
        f"{100 * tally.share:.0f}{words.THIN}%,"
        f" 95{words.THIN}% interval {low:.0f} to {high:.0f}"
    )


def _line(row: DuelRow) -> Iterable[Any]:
    who = [row.years, row.team_slug, row.driver.slug, row.mate.slug]
    counts = [
        figure
        for score in (row.qualifying, row.race)
        for figure in (score.won, score.lost, score.left_out)
    ]
    return [*who, *counts, row.qualifying.gap_percent, row.qualifying.gap_seconds]
