"""The cards as tables: beside the charts as text, and as files with all digits."""

from collections.abc import Callable, Sequence
from math import exp
from operator import neg, pos
from typing import Any, NamedTuple

from ingestion.models import Race
from predictions.charts import words
from predictions.views.presenters.record import Cell, Table
from predictions.views.track.figures import Cards, models
from predictions.views.track.labels import label_of

Row = dict[str, Any]
#: Of a score by its form.
DIGITS = {"figure": 3, "fine": 4}
#: The share of results that a range of ours is to hold.
RANGE = 0.8


class Column(NamedTuple):
    """A key of the rows, its head in words, and how its figures are printed.

    Where one row is to be told as the best, ``cost`` is least for its figure.
    """

    key: str
    head: str
    form: str = "text"
    cost: Callable[[float], float] | None = None


class Sheet(NamedTuple):
    """What a card holds."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]


def twin(card: str, cards: Cards) -> Table:
    """A sheet as it is printed beside its chart."""
    sheet, asked = SHEETS[card](cards), cards.shown.asked
    best = {column.key: _best(column, sheet.rows) for column in sheet.columns}
    return Table(
        caption=sheet.caption,
        heads=[column.head for column in sheet.columns],
        rows=[
            [
                Cell(_text(row[key], form), is_best=row[key] in best[key])
                for key, _, form, _ in sheet.columns
            ]
            for row in sheet.rows
        ],
        csv_url=asked.url("track-record-file", card, "csv"),
        json_url=asked.url("track-record-file", card, "json"),
    )


def _best(column: Column, rows: Sequence[Row]) -> set[float]:
    """The best figure of those of most races; of two rows at least."""
    cost = column.cost
    if cost is None:
        return set()
    most = max(row["races"] for row in rows)
    fair = [row[column.key] for row in rows if row["races"] == most]
    known = [value for value in fair if value is not None]
    return {min(known, key=cost)} if len(fair) > 1 and known else set()


def _from_nominal(covered: float) -> float:
    return abs(covered - RANGE)


def _text(value: Any, form: str) -> str:
    if value is None:
        return words.DASH
    if form == "share":
        return f"{100 * value:.1f}{words.THIN}%".replace("-", words.MINUS)
    if form == "whole":
        return words.share(value)
    if form in DIGITS:
        return f"{value:.{DIGITS[form]}f}"
    return f"{value:,}" if form == "count" else str(value)


def _reliability(cards: Cards) -> Sheet:
    found = cards.calibration
    return Sheet(
        "Chances in bins, and how often they came true",
        (
            Column("from", "From", "share"),
            Column("to", "to", "share"),
            Column("forecast", "Mean forecast", "share"),
            Column("n", "Cases", "count"),
            Column("happened", "Happened", "count"),
            Column("share", "Share", "share"),
            Column("low", f"95{words.THIN}% from", "share"),
            Column("high", "to", "share"),
        ),
        [
            {
                "from": one.start,
                "to": one.end,
                "forecast": one.chance,
                "n": one.n,
                "happened": round(one.share * one.n),
                "share": one.share,
                "low": one.low,
                "high": one.high,
            }
            for one in (found.bins if found else [])
        ],
    )


def _skill(cards: Cards) -> Sheet:
    return Sheet(
        "How much lower our score is than a baseline's, on the same races",
        (
            Column("score", "Score"),
            Column("baseline", "Baseline"),
            Column("races", "Races", "count"),
            Column("ours", "Ours", "figure"),
            Column("theirs", "Baseline's", "figure"),
            Column("gain", "Lower by", "share"),
            Column("low", f"95{words.THIN}% from", "share"),
            Column("high", "to", "share"),
        ),
        [
            {
                "score": group.label,
                "baseline": row.label,
                "races": row.skill.n,
                "ours": row.skill.ours,
                "theirs": row.skill.other,
                "gain": row.skill.gain,
                "low": row.skill.low,
                "high": row.skill.high,
            }
            for group in cards.gains
            for row in group.rows
        ],
    )


def _ranges(cards: Cards) -> Sheet:
    found = cards.ranks
    return Sheet(
        "Where results fell in their distributions",
        (
            Column("tenth", "Tenth", "count"),
            Column("cars", "Cars", "figure"),
            Column("share", "Share", "share"),
        ),
        [
            {"tenth": n, "cars": part * found.n_cars, "share": part}
            for n, part in enumerate(found.shares, start=1)
        ]
        if found
        else [],
    )


def _races(cards: Cards) -> Sheet:
    best = cards.shown.best
    return Sheet(
        "The chance that each winner was given",
        (
            Column("season", "Season"),
            Column("round", "Round"),
            Column("race", "Race"),
            Column("winner", "Winner"),
            Column("chance", "Our chance", "share"),
            Column("rank", "Our rank", "count"),
            Column("log_loss", "Log loss", "figure"),
            Column(
                "baseline", label_of(best).capitalize() if best else "Baseline", "share"
            ),
        ),
        [_race(race, cards) for race in cards.shown.races],
    )


def _race(race: Race, cards: Cards) -> Row:
    shown = cards.shown
    score, told = shown.ours[race.pk], shown.told.get(race.pk)
    theirs = shown.lines.get(shown.best, {}).get(race.pk) if shown.best else None
    slug = told.drivers[told.winner] if told else ""
    return {
        "season": race.season_id,
        "round": race.round,
        "race": race.name,
        "winner": cards.drivers[slug].name if slug in cards.drivers else slug,
        "chance": exp(-score.log_loss),
        "rank": told.winner_rank if told else None,
        "log_loss": score.log_loss,
        "baseline": exp(-theirs.log_loss) if theirs else None,
    }


def _misses(cards: Cards) -> Sheet:
    return Sheet(
        "Winners to whom we gave the smallest chance",
        (
            Column("race", "Race"),
            Column("winner", "Winner"),
            Column("chance", "Our chance", "share"),
            Column("rank", "Our rank", "count"),
            Column("baseline", "Baseline", "share"),
            Column("log_loss", "Log loss", "figure"),
            Column("favourite", "Our favourite"),
            Column("favourite_chance", "at", "share"),
        ),
        [
            {
                "race": miss.label,
                "winner": miss.winner.name,
                "chance": miss.p_win,
                "rank": miss.our_rank,
                "baseline": miss.baseline,
                "log_loss": miss.log_loss,
                "favourite": miss.favourite.name,
                "favourite_chance": miss.favourite.chance,
            }
            for miss in cards.misses
        ],
    )


def _models(cards: Cards) -> Sheet:
    return Sheet(
        "Means of every model over the races that it was scored on",
        (
            Column("model", "Model"),
            Column("races", "Races", "count"),
            Column("log_loss", "Log loss", "figure", pos),
            Column("winner_named", "Winner named", "whole", neg),
            Column("in_its_three", "In its three", "whole", neg),
            Column("brier", "Brier", "figure", pos),
            Column("rps", "Places RPS", "figure", pos),
            Column("podium_brier", "Podium Brier", "fine", pos),
            Column("points_brier", "Points Brier", "fine", pos),
            Column("spearman", "Spearman", "figure", neg),
            Column("kendall", "Kendall", "figure", neg),
            Column("mates_told", "Team-mates", "whole", neg),
            Column("in_range", f"In 80{words.THIN}% range", "whole", _from_nominal),
        ),
        [
            {
                "model": row.label + (", in the shadow" if row.is_shadow else ""),
                "races": row.n,
                "log_loss": row.log_loss,
                "winner_named": row.winner_hit,
                "in_its_three": row.top_three,
                "brier": row.brier,
                "rps": row.rps,
                "podium_brier": row.podium_brier,
                "points_brier": row.points_brier,
                "spearman": row.spearman,
                "kendall": row.kendall,
                "mates_told": row.mates_hit,
                "in_range": row.coverage,
            }
            for row in models(cards.shown)
        ],
    )


def _seasons(cards: Cards) -> Sheet:
    return Sheet(
        "Our scores of each season beside the best baseline, on the same races",
        (
            Column("season", "Season"),
            Column("races", "Races", "count"),
            Column("winner_named", "Winner named", "whole"),
            Column("in_our_three", "Winner in our three", "whole"),
            Column("log_loss", "Log loss", "figure"),
            Column("baseline", "Baseline's", "figure"),
        ),
        [
            {
                "season": season.year,
                "races": season.n,
                "winner_named": season.winner_hit,
                "in_our_three": season.top_three,
                "log_loss": season.log_loss,
                "baseline": season.baseline_log_loss,
            }
            for season in cards.seasons
        ],
    )


SHEETS: dict[str, Callable[[Cards], Sheet]] = {
    "reliability": _reliability,
    "skill": _skill,
    "ranges": _ranges,
    "races": _races,
    "misses": _misses,
    "models": _models,
    "seasons": _seasons,
}
