"""Filters and chart tags of the pages: thin wrappers over `predictions.charts`."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from predictions.charts import (
    bars,
    calibration,
    finishes,
    gains,
    heat,
    lines,
    matrix,
    overview,
    ranges,
    slope,
    spark,
    stages,
    starts,
    winners,
    words,
)
from predictions.charts.colours import team_class as class_of_team
from predictions.forecasting.comparison import Estimate
from predictions.forecasting.reliability import Bin
from predictions.views import ratings_nav
from predictions.views.presenters.careers import Finishes, Stopped
from predictions.views.presenters.frame import Choice
from predictions.views.presenters.history import HistoryHead
from predictions.views.presenters.race import (
    SMALL,
    STAGE_LABELS,
    ForecastRow,
    HeatRow,
    RatingMove,
)
from predictions.views.presenters.record import GainGroup, GainRow
from predictions.views.presenters.season import AllTimeRow
from predictions.views.presenters.why import WhyRow

register = template.Library()


def drawn(markup: str) -> SafeString:
    """Markup of the charts package, which escapes every text it is given."""
    return mark_safe(markup)  # noqa: S308 - built by charts.svg.tag alone


# Words


@register.filter
def percent(chance: words.Number | None, digits: int = 0) -> str:
    return words.percent(chance, digits)


@register.filter
def share(value: words.Number | None) -> str:
    return words.share(value)


@register.filter
def frequency(chance: words.Number | None) -> str:
    return words.frequency(chance)


@register.filter
def frequency_short(chance: words.Number | None) -> str:
    return words.frequency_short(chance)


@register.filter
def signed(value: words.Number | None, digits: int = 0) -> str:
    return words.signed(value, digits)


@register.filter
def arrow(change: int | None) -> str:
    return words.arrow(change)


@register.filter
def race_time(milliseconds: int | None) -> str:
    return words.race_time(milliseconds)


@register.filter
def gap(milliseconds: int | None) -> str:
    """A gap in time: "+0.152", "−1.204" where laps of other parts were faster."""
    if not milliseconds:
        return words.DASH
    sign = "+" if milliseconds > 0 else words.MINUS
    return f"{sign}{words.race_time(abs(milliseconds))}"


@register.filter
def span(length: timedelta | None) -> str:
    return words.span(length) if length is not None else ""


@register.filter
def ordinal(n: int | None) -> str:
    return words.ordinal(n) if n is not None else words.DASH


@register.filter
def plain(value: words.Number | None) -> str:
    return words.plain(value)


@register.filter
def decimals(value: words.Number | None, digits: int = 0) -> str:
    """A figure with fixed decimals, a dash where it is unknown."""
    return words.DASH if value is None else f"{value:.{digits}f}"


@register.filter
def count(n: int) -> str:
    """With thousands set apart."""
    return f"{n:,}"


@register.filter
def trend(change: words.Number | None) -> str:
    """Class of a change: its colour goes with an arrow or a sign, never alone.

    What rounds to 0.0 is no change.
    """
    if change is None or abs(float(change)) < 0.05:
        return "same"
    return "up" if change > 0 else "down"


@register.filter
def stage_label(stage: str) -> str:
    """A stage as the pages call it: "Final grid"."""
    return STAGE_LABELS.get(stage, stage)


@register.filter
def short_race(label: str) -> str:
    """A race's name for narrow places: "São Paulo 2024"."""
    return label.replace(" Grand Prix", "")


@register.filter
def team_class(slug: str | None) -> str:
    return class_of_team(slug)


@register.filter
def day(value: date | None) -> str:
    """A date as "24 Nov 2024"."""
    return f"{value.day} {value:%b %Y}" if value else words.DASH


@register.filter
def utc(moment: datetime | None, style: str = "moment") -> str:
    """A moment as `<time>` in UTC; the script rewrites it in the reader's zone.

    Styles: ``moment`` "Sun 24 Nov 2024, 06:00 UTC", ``short`` "24 Nov, 06:00 UTC",
    ``stamp`` "24 Nov 2024, 06:00 UTC", never rewritten.
    """
    if moment is None:
        return ""
    at = moment.astimezone(UTC)
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    if style == "stamp":
        text = f"{at.day} {at:%b %Y, %H:%M} UTC"
        return format_html('<time datetime="{}">{}</time>', stamp, text)
    full = f"{at:%a} {at.day} {at:%b %Y, %H:%M} UTC"
    text = f"{at.day} {at:%b, %H:%M} UTC" if style == "short" else full
    return format_html(
        '<time datetime="{}" data-local="{}" title="{}">{}</time>',
        stamp,
        style,
        full,
        text,
    )


@register.filter
def within(moment: datetime | None, zone: tzinfo | None) -> str:
    """A moment as "24 Nov, 07:00 CET" in a zone, or in that of the reader."""
    if moment is None or zone is None:
        return utc(moment, "short")
    there = moment.astimezone(zone)
    at = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        f"{at:%Y-%m-%dT%H:%M:%SZ}",
        f"{at:%a} {at.day} {at:%b %Y, %H:%M} UTC",
        f"{there.day} {there:%b, %H:%M} {there.tzname()}",
    )


# Navigation


@register.simple_tag(takes_context=True)
def ratings_pages(context: template.Context) -> list[Choice]:
    """The pages about ratings; the one being shown is the active one."""
    request = context.get("request")
    found = request.resolver_match if request else None
    return ratings_nav.pages(found.url_name if found else "")


# Charts


@register.simple_tag
def win_axis(rows: Iterable[ForecastRow]) -> bars.Axis:
    """Axis that holds the chances of all rows, now and at the previous stage."""
    rows = list(rows)
    before = [row.p_win_before for row in rows if row.p_win_before is not None]
    return bars.chance_axis([*(row.p_win for row in rows), *before])


@register.simple_tag
def win_labels(axis: bars.Axis) -> SafeString:
    return drawn(bars.axis_labels(axis))


@register.simple_tag
def win_bar(row: ForecastRow, axis: bars.Axis) -> SafeString:
    before = row.p_win_before
    seen = before if before is not None and before >= SMALL else None
    return drawn(bars.chance_bar(row.p_win, axis, before=seen))


@register.simple_tag
def change_axis(rows: Iterable[ForecastRow | RatingMove | WhyRow]) -> bars.Axis:
    return bars.change_axis([row.change or 0 for row in rows])


@register.simple_tag
def why_axis(rows: Iterable[WhyRow]) -> bars.Axis:
    """One axis for the parts of all drivers, so that their bars compare."""
    return bars.change_axis([part.change for row in rows for part in row.main])


@register.simple_tag
def change_bar(change: float, axis: bars.Axis) -> SafeString:
    return drawn(bars.change_bar(change, axis))


@register.simple_tag
def calibration_plot(bins: Sequence[Bin]) -> SafeString:
    return drawn(calibration.plot(bins))


@register.simple_tag
def gain_axis(groups: Iterable[GainGroup]) -> bars.Axis:
    """One axis for all scores, so that their bars compare."""
    skills = [row.skill for group in groups for row in group.rows]
    return gains.gain_axis([end for one in skills for end in (one.low, one.high)])


@register.simple_tag
def gain_labels(axis: bars.Axis) -> SafeString:
    return drawn(gains.gain_labels(axis))


@register.simple_tag
def gain_bar(row: GainRow, axis: bars.Axis) -> SafeString:
    found = row.skill
    return drawn(gains.gain_bar(found.gain, found.low, found.high, axis))


@register.simple_tag
def tenths_plot(shares: Sequence[float]) -> SafeString:
    return drawn(gains.tenths(shares))


@register.simple_tag
def winners_plot(
    dots: Sequence[winners.Dot], means: Sequence[winners.Mean]
) -> SafeString:
    return drawn(winners.plot(dots, means))


@register.simple_tag
def place_labels(n_places: int) -> SafeString:
    return drawn(ranges.place_labels(n_places))


@register.simple_tag
def range_bar(row: ForecastRow, n_places: int) -> SafeString:
    """Range and expected place; the result beside them where there is one."""
    return drawn(
        ranges.dumbbell(
            row.expected_position,
            row.low,
            row.high,
            n_places,
            result=row.result.position if row.result else None,
            is_over=row.result is not None,
        )
    )


@register.simple_tag
def slope_plot(moves: Sequence[slope.Move]) -> SafeString:
    return drawn(slope.plot(moves))


@register.simple_tag
def stage_plot(paths: Sequence[stages.Path], names: Sequence[str]) -> SafeString:
    return drawn(stages.plot(paths, names))


@register.simple_tag
def value_labels(span: ranges.Span) -> SafeString:
    return drawn(ranges.value_labels(span))


@register.simple_tag
def rating_range(row: AllTimeRow, span: ranges.Span) -> SafeString:
    """A rating and its 95 % interval."""
    low, high = row.rating - row.error, row.rating + row.error
    return drawn(ranges.value_range(row.rating, low, high, span))


@register.simple_tag
def loss_range(loss: Estimate, span: ranges.Span) -> SafeString:
    """A mean score and its 95 % interval."""
    return drawn(ranges.value_range(loss.mean, loss.low, loss.high, span))


@register.simple_tag
def duel_bar(chance: float) -> SafeString:
    """The chance of one against one, with a tick at even."""
    return drawn(bars.chance_bar(chance, bars.DUEL))


@register.simple_tag
def heat_legend() -> SafeString:
    return drawn(heat.legend())


@register.simple_tag
def heat_axis(n_places: int) -> SafeString:
    return drawn(heat.axis([str(place) for place in range(1, n_places + 1)]))


@register.simple_tag
def heat_strip(row: HeatRow) -> SafeString:
    labels = [f"place {place}" for place in range(1, len(row.shares) + 1)]
    rules = (heat.PODIUM, row.n_points)
    return drawn(heat.strip(row.shares, labels, name=row.name, rules=rules))


@register.simple_tag
def matrix_axis(rows: Sequence[matrix.GridRow]) -> SafeString:
    return drawn(heat.axis(matrix.column_labels(len(rows[0].counts) - 1)))


@register.simple_tag
def matrix_strip(row: matrix.GridRow) -> SafeString:
    return drawn(matrix.strip(row))


@register.simple_tag
def finish_axis(seasons: Finishes) -> SafeString:
    return drawn(finishes.axis(seasons.n_places))


@register.simple_tag
def finish_strip(row: finishes.FinishRow, seasons: Finishes) -> SafeString:
    """Places of one season; the areas of all seasons compare."""
    return drawn(finishes.strip(row, seasons.n_places, seasons.most))


@register.simple_tag
def starts_plot(races: Sequence[starts.Start]) -> SafeString:
    return drawn(starts.plot(races))


@register.simple_tag
def stopped_range(stopped: Stopped, axis: bars.Axis) -> SafeString:
    """A share of starts and its 95 % interval."""
    return drawn(ranges.share_range(stopped.share, *stopped.interval, axis))


@register.simple_tag
def spark_line(values: Sequence[float]) -> SafeString:
    return drawn(spark.spark_line(values))


@register.simple_tag
def rating_plot(line: lines.Series | None) -> SafeString:
    """Line of one driver or team in the colours of its teams; empty without one."""
    return drawn(lines.rating_plot([line] if line else []))


@register.simple_tag
def rating_lines(series: Sequence[lines.Series]) -> SafeString:
    """Several lines over the engine formulas, each a mean of five races."""
    return drawn(lines.rating_plot(series, bands=lines.ENGINE_ERAS, mean_of=5))


@register.simple_tag
def history_plot(series: Sequence[lines.Series], history: HistoryHead) -> SafeString:
    """Lines of the years asked for; means are theirs to bring."""
    days = [point.on for line in series for point in line.points]
    if not days:
        return drawn("")
    is_whole = history.end - history.start > 2
    first = date(history.start, 1, 1) if is_whole else min(days)
    span = first, max(days)
    return drawn(lines.rating_plot(series, bands=lines.ENGINE_ERAS, span=span))


@register.simple_tag
def history_strip(series: Sequence[lines.Series], history: HistoryHead) -> SafeString:
    """The whole record in small, with the years asked for marked in it."""
    return drawn(
        overview.overview(
            series,
            first=history.first,
            last=history.last,
            start=history.start,
            end=history.end,
            bands=lines.ENGINE_ERAS,
        )
    )


@register.filter
def season_ends(
    series: Sequence[lines.Series],
) -> list[tuple[int, list[float | None]]]:
    return lines.season_ends(series)
