"""The sentences on top of pages, and the orders of their tables."""

from collections.abc import Sequence
from dataclasses import replace

from predictions.charts import words
from predictions.views.presenters.frame import Column, Lead, LeadPart
from predictions.views.presenters.race import ForecastRow, RatingMove, ScoreRow


def lead_sentence(rows: Sequence[ForecastRow], *, where: str) -> Lead:
    """The forecast in words, with its chance and what speaks against it.

    >>> # "A is the favourite in Melbourne at 34 % (about 1 in 3). Two times in three
    >>> # somebody else wins."
    """
    favourites = favourites_of(rows)
    first = favourites[0]
    if len(favourites) > 1:
        return _level_sentence(favourites, where=where)
    parts = [
        LeadPart(text=first.driver_name, kind="name"),
        LeadPart(text=f" is the favourite {where} at "),
        LeadPart(text=_chance(first.p_win), kind="chance"),
        LeadPart(text=_start_words(first) + ". "),
    ]
    if first.p_win < 0.975:
        text = f"{words.times_in(1 - first.p_win)} somebody else wins."
        parts.append(LeadPart(text=text))
    return Lead(parts=tuple(parts))


def review_sentence(
    rows: Sequence[ForecastRow], *, other: str = "", is_late: bool = False
) -> Lead | None:
    """The result in words, and what the forecast had said; None without a winner.

    It is our forecast, unless an ``other`` model is named or it came too late.
    """
    winners = [row for row in rows if row.result and row.result.position == 1]
    if not winners:
        return None
    winner, favourite = winners[0], favourites_of(rows)[0]
    opening = " won" + (f" from {words.ordinal(winner.grid)}" if winner.grid else "")
    whose = "its" if other or is_late else "our"
    parts = [
        LeadPart(text=winner.driver_name, kind="name"),
        LeadPart(text=f"{opening}. {_who_gave(other, is_late)} "),
        LeadPart(text=_chance(winner.p_win), kind="chance"),
    ]
    parts.append(LeadPart(text=_verdict(winner, favourite, whose)))
    return Lead(parts=tuple(parts))


def favourites_of(rows: Sequence[ForecastRow]) -> list[ForecastRow]:
    """The top of a forecast, all of a tie."""
    top = max(row.p_win for row in rows)
    return [row for row in rows if row.p_win == top]


def likely_podium(rows: Sequence[ForecastRow]) -> list[ForecastRow]:
    """The three with the best chance of a podium."""
    return sorted(rows, key=lambda row: -row.p_podium)[:3]


def movers(rows: Sequence[ForecastRow], n: int = 6) -> list[ForecastRow]:
    """Drivers whose chance moved most since the previous stage, gains first."""
    moved = [row for row in rows if row.change]
    moved.sort(key=lambda row: -abs(row.change or 0))
    return sorted(moved[:n], key=lambda row: -(row.change or 0))


def largest_moves(moves: Sequence[RatingMove], n: int = 5) -> list[RatingMove]:
    """The largest gains and the largest losses of a race, gains first."""
    ordered = sorted(moves, key=lambda move: -move.change)
    gains = [move for move in ordered if move.change > 0][:n]
    return gains + [move for move in ordered if move.change < 0][-n:]


def mark_best(scores: Sequence[ScoreRow]) -> list[ScoreRow]:
    """Name in each row the columns where it is best (all of a tie)."""
    lower = ("log_loss", "brier", "rps")
    higher = ("winner_chance", "winner_hit")
    best: dict[str, float] = {}
    for column in (*lower, *higher):
        values = [v for row in scores if (v := getattr(row, column)) is not None]
        if values:
            best[column] = (min if column in lower else max)(values)
    return [
        replace(
            row,
            best=frozenset(c for c, value in best.items() if getattr(row, c) == value),
        )
        for row in scores
    ]


# Sort keys of the forecast table: label, attribute, whether large comes first.
FORECAST_SORTS = {
    "grid": ("Grid", "grid", False),
    "win": ("Win", "p_win", True),
    "podium": ("Podium", "p_podium", True),
    "points": ("Points", "p_points", True),
    "dnf": ("Retire", "p_dnf", True),
    "expected": ("Expected", "expected_position", False),
}


def forecast_columns(base_url: str, active: str = "win") -> list[Column]:
    """Heads of the forecast table; ``base_url`` ends in "?" or "&"."""
    return [
        Column(
            key=key,
            label=label,
            url=f"{base_url}sort={key}",
            is_active=key == active,
        )
        for key, (label, _, _) in FORECAST_SORTS.items()
    ]


def sort_rows(rows: Sequence[ForecastRow], key: str) -> list[ForecastRow]:
    """Forecast rows by one of `FORECAST_SORTS`; unknown values last, ties by rank."""
    _, attribute, large_first = FORECAST_SORTS.get(key, FORECAST_SORTS["win"])
    sign = -1 if large_first else 1

    def order(row: ForecastRow) -> tuple[bool, float, int]:
        value = getattr(row, attribute)
        return value is None, sign * (value or 0), row.position_rank

    return sorted(rows, key=order)


def _chance(chance: float) -> str:
    return f"{words.percent(chance)} ({words.frequency(chance)})"


def _start_words(row: ForecastRow) -> str:
    notes = []
    if row.grid:
        notes.append(
            "from pole" if row.grid == 1 else f"from {words.ordinal(row.grid)}"
        )
    if row.p_win_before is not None and row.change:
        way = "up" if row.change > 0 else "down"
        notes.append(f"{way} from {words.percent(row.p_win_before)}")
    return "".join(f", {note}" for note in notes)


def _level_sentence(favourites: Sequence[ForecastRow], *, where: str) -> Lead:
    if len(favourites) > 3:
        chance = _chance(favourites[0].p_win)
        return Lead(
            parts=(
                LeadPart(
                    text=f"No favourite {where}: {len(favourites)} drivers stand "
                ),
                LeadPart(text="level at "),
                LeadPart(text=chance, kind="chance"),
                LeadPart(text=" each."),
            )
        )
    names = " and ".join(row.driver_name for row in favourites)
    return Lead(
        parts=(
            LeadPart(text=names, kind="name"),
            LeadPart(text=f" stand level {where} at "),
            LeadPart(text=_chance(favourites[0].p_win), kind="chance"),
            LeadPart(text=" each."),
        )
    )


def _who_gave(other: str, is_late: bool) -> str:
    if not is_late:
        return f"{other or 'Our forecast'} gave"
    by = f" by {other}" if other else ""
    return f"A forecast{by} issued after the start gives"


def _verdict(winner: ForecastRow, favourite: ForecastRow, whose: str) -> str:
    if winner.p_win == favourite.p_win:
        return ", more than anybody else had."
    end = favourite.result.text if favourite.result else ""
    place = words.ordinal(int(end)) if end.isdigit() else ""
    finish = f"finished {place}" if place else "did not finish"
    text = f"; {whose} favourite, {favourite.driver_name}, at "
    text += f"{words.percent(favourite.p_win)}, {finish}."
    return text + (" A plain miss." if winner.p_win < 0.05 else "")
