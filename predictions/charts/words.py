"""Numbers in words: chances, changes, times, as the pages and the charts say them."""

from datetime import timedelta
from decimal import Decimal

THIN = "\u202f"  # narrow no-break space before the per cent sign
MINUS = "\u2212"
DASH = "\u2013"
Number = int | float | Decimal

# Spoken fractions for "two times in three", by value.
SPOKEN = {
    19 / 20: "Nineteen times in twenty",
    9 / 10: "Nine times in ten",
    4 / 5: "Four times in five",
    3 / 4: "Three times in four",
    2 / 3: "Two times in three",
    3 / 5: "Three times in five",
    1 / 2: "One time in two",
    2 / 5: "Two times in five",
    1 / 3: "One time in three",
    1 / 4: "One time in four",
    1 / 5: "One time in five",
    1 / 10: "One time in ten",
    1 / 20: "One time in twenty",
}
# Fractions of a natural frequency, up to tenths.
FRACTIONS = (
    *((1, n) for n in range(2, 11)),
    *((2, 3), (3, 4), (2, 5), (3, 5), (4, 5), (5, 6), (3, 10), (7, 10), (9, 10)),
)


def percent(chance: Number | None, digits: int = 0) -> str:
    """A chance in [0, 1] as "34 %"; never 0 or 100: "<1 %" and ">99 %"."""
    if chance is None or chance != chance:
        return DASH
    edge = Decimal(1).scaleb(-2 - digits)
    if chance < edge:
        return f"<{100 * edge:.{digits}f}{THIN}%"
    if chance > 1 - edge:
        return f">{100 * (1 - edge):.{digits}f}{THIN}%"
    return f"{100 * chance:.{digits}f}{THIN}%"


def share(value: Number | None) -> str:
    """A share that was counted, and so may be none or all: "92 %", "100 %"."""
    return DASH if value is None else f"{100 * value:.0f}{THIN}%"


def frequency(chance: Number | None) -> str:
    """A chance as a natural frequency: "about 1 in 3", "under 1 in 1000"."""
    if chance is None or chance != chance:
        return ""
    words = frequency_short(chance)
    return words if words.startswith(("under", "over")) else f"about {words}"


def frequency_short(chance: Number | None) -> str:
    """The same for cramped cells: "1 in 3"; fractions up to tenths, then "1 in 33"."""
    if chance is None or chance != chance:
        return ""
    p = float(chance)
    if p < 0.001:
        return "under 1 in 1000"
    if p > 0.999:
        return "over 999 in 1000"
    if p < 0.1:
        return f"1 in {_round_count(1 / p)}"
    if fraction := _simple_fraction(p):
        return f"{fraction[0]} in {fraction[1]}"
    n = _round_count(1 / (1 - p))
    return f"{n - 1} in {n}"


def times_in(chance: float) -> str:
    """A chance as the start of a sentence: "Two times in three"."""
    if chance > 0.975:
        return "Nearly always"
    if chance < 0.025:
        return "Hardly ever"
    return SPOKEN[min(SPOKEN, key=lambda value: abs(value - chance))]


def signed(value: Number | None, digits: int = 0) -> str:
    """A change with its sign: "+30", "−4.2"; nothing changed is "0"."""
    if value is None:
        return DASH
    text = f"{abs(value):.{digits}f}"
    if not text.strip("0."):
        return text
    return ("+" if value > 0 else MINUS) + text


def arrow(change: Number | None) -> str:
    """A change with an arrow: "▲ 30", "▼ 4", a dash for none."""
    if not change:
        return DASH
    return f"{'▲' if change > 0 else '▼'}\u00a0{abs(change)}"


def points_between(now: float, before: float) -> int:
    """Change of a chance in points, between the two figures as they are printed."""
    return round(100 * now) - round(100 * before)


def race_time(milliseconds: int | None) -> str:
    """Whole milliseconds as "1:31:44.742", "1:27.097" or "27.097"."""
    if milliseconds is None:
        return DASH
    seconds, ms = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}.{ms:03}"
    if minutes:
        return f"{minutes}:{seconds:02}.{ms:03}"
    return f"{seconds}.{ms:03}"


def span(length: timedelta) -> str:
    """A stretch of time in its two largest units: "7 h 20 min", "6 days 2 h"."""
    minutes = int(abs(length).total_seconds()) // 60
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    units = [
        f"{days} day{'s' * (days != 1)}" if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
    ]
    return " ".join([unit for unit in units if unit][:2]) or "less than a minute"


def ordinal(n: int) -> str:
    """A place as "1st", "12th", "23rd"."""
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10)
    return f"{n}{ending or 'th'}"


def plain(value: Number | None) -> str:
    """A figure without trailing zeros: points "12.5", "26", "0.14"."""
    if value is None:
        return DASH
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".")


def _simple_fraction(p: float) -> tuple[int, int] | None:
    """The nearest fraction people say; None where p is too near 1 for one."""
    if p > 0.93:
        return None
    return min(FRACTIONS, key=lambda ab: abs(ab[0] / ab[1] - p) + (ab[1] == 10) * 0.01)


def _round_count(n: float) -> int:
    return round(n) if n < 100 else 50 * round(n / 50)
