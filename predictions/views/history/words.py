"""The history in words and tables: its head, its lead, its twin and its files."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.urls import reverse

from ingestion.models import Race
from predictions.charts.lines import ENGINE_ERAS
from predictions.views import parts
from predictions.views.history.asked import Asked
from predictions.views.history.read import LEAST_RACES, LONG_CAREER, Shown
from predictions.views.presenters.frame import Choice, Lead, LeadPart
from predictions.views.presenters.history import Chip, HistoryHead, Twin, TwinRow
from predictions.views.ratings import KINDS, SESSIONS
from ratings.careers import Rated

FILE_COLUMNS = (
    "line",
    "slug",
    "name",
    "season",
    "round",
    "race",
    "date",
    "rating",
    "mean_of_five",
)


def head(shown: Shown, chips: Sequence[Chip]) -> HistoryHead:
    asked = shown.asked
    return HistoryHead(
        kind=asked.kind,
        session=asked.session,
        first=asked.first,
        last=asked.last,
        start=asked.start,
        end=asked.end,
        names=None if asked.names is None else ",".join(asked.names),
        title=title(asked),
        sub=" ".join(_how_drawn(asked)),
        troubles=asked.troubles,
        kinds=[
            Choice(
                label=label,
                url=asked.url(kind=name, names=None),
                is_active=name == asked.kind,
            )
            for name, label in KINDS.items()
        ],
        sessions=[
            Choice(
                label=label,
                url=asked.url(session=name),
                is_active=name == asked.session,
            )
            for name, label in SESSIONS.items()
        ],
        eras=_eras(asked),
        chips=chips,
        known=sorted({career.name for career in shown.careers}),
        best_url="" if asked.names is None else asked.url(names=None),
        csv_url=asked.url("ratings-history-csv"),
        json_url=asked.url("ratings-history-json"),
    )


def title(asked: Asked) -> str:
    """``Since 1950``, ``1994 to 2005``, ``The season of 2024``."""
    if asked.start == asked.end:
        return f"The season of {asked.start}"
    if asked.end == asked.last:
        return f"Since {asked.start}"
    return f"{asked.start} to {asked.end}"


def lead(shown: Shown) -> Lead | None:
    """Who stood highest in the time shown."""
    asked = shown.asked
    settled = [c for c in shown.careers if c.peak and c.n_within >= LEAST_RACES]
    settled.sort(key=lambda career: (-(career.peak or 0), career.key))
    if len(settled) < 2:
        return None
    first, second = settled[:2]
    when = title(asked)
    when = when[0].lower() + when[1:] if asked.end == asked.last else f"from {when}"
    if asked.start == asked.end:
        when = f"in {asked.start}"
    return Lead(
        parts=(
            LeadPart(text="Nobody stood higher "),
            LeadPart(text=f"{when} than "),
            LeadPart(text=first.name, kind="name"),
            LeadPart(text=f": {first.peak:.0f} at the best, {second.name} "),
            LeadPart(text=f"{second.peak:.0f}."),
        )
    )


def _how_drawn(asked: Asked) -> list[str]:
    if asked.names is not None:
        who = "Colour: the names below."
    elif asked.end == asked.last:
        who = "Colour: today's best seven."
    else:
        who = "Colour: the seven with the highest peaks in these years."
    each = "race by race" if asked.is_short else "season by season"
    said = [
        "Elo points.",
        who,
        "Second cars dashed, third ones dotted.",
        f"Grey: rated in {LONG_CAREER} races or more, {each}.",
    ]
    return said if asked.is_short else [*said, "Coloured lines: mean of five races."]


def _eras(asked: Asked) -> list[Choice]:
    """The whole record, then the eras of the engine formula within it."""
    spans = [("All", asked.first, asked.last)]
    for band in ENGINE_ERAS:
        start, end = max(band.start.year, asked.first), band.end.year - 1
        end = min(end, asked.last)
        if start <= end:
            spans.append((f"{band.label}, {parts.years(start, end)}", start, end))
    return [
        Choice(
            label=label,
            url=asked.url(start=start, end=end),
            is_active=(start, end) == (asked.start, asked.end),
        )
        for label, start, end in spans
    ]


# --- tables -----------------------------------------------------------------------
def twin(shown: Shown) -> Twin:
    """What the named lines show: each season's end, or each race of a few seasons."""
    is_short = shown.asked.is_short
    columns = [
        {
            (rated.race_id if is_short else rated.season): value
            for rated, value in shown.drawn(key)
        }
        for key in shown.named
    ]
    keys = sorted(set(chain(*columns)), reverse=True)
    races = Race.objects.in_bulk(keys) if is_short else {}
    if is_short:
        keys.sort(key=lambda key: races[key].starts_on, reverse=True)
    names = shown.by_key
    return Twin(
        caption="Rating after each race, as drawn"
        if is_short
        else "Mean of the last five races at the end of each season, as drawn; the"
        " files hold the rating itself beside it",
        head="Race" if is_short else "Season",
        columns=[names[key].code for key in shown.named],
        rows=[
            TwinRow(
                label=parts.race_label(races[key]) if is_short else str(key),
                url=parts.race_url(races[key])
                if is_short
                else f"{reverse('calendar')}?season={key}",
                ratings=[column.get(key) for column in columns],
            )
            for key in keys
        ],
    )


def file_rows(shown: Shown) -> list[dict[str, Any]]:
    """A row for each point of the table and of the grey lines."""
    points: list[tuple[str, Rated, float | None]] = []
    for key in shown.named:
        means = dict(zip(shown.named[key], shown.means[key], strict=True))
        within = [rated for rated in shown.named[key] if shown.is_within(rated)]
        if not shown.asked.is_short:
            within = list({rated.season: rated for rated in within}.values())
        points += [("named", rated, means[rated]) for rated in within]
    for line in shown.context.values():
        points += [("context", rated, None) for rated in line]
    races = Race.objects.in_bulk({rated.race_id for _, rated, _ in points})
    names = shown.by_key
    return [
        {
            "line": line,
            "slug": names[rated.key].slug,
            "name": names[rated.key].name,
            "season": rated.season,
            "round": races[rated.race_id].round,
            "race": races[rated.race_id].name,
            "date": rated.on.isoformat(),
            "rating": round(rated.rating, 2),
            "mean_of_five": None if mean is None else round(mean, 2),
        }
        for line, rated, mean in points
    ]
