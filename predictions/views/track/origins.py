"""Where scores are from: sealed before the start, or replayed."""

from predictions.views import parts
from predictions.views.presenters.record import OriginChoice
from predictions.views.track.asked import REPLAYED, SEALED
from predictions.views.track.read import Shown

ORIGINS = {SEALED: "Sealed before the start", REPLAYED: "Replayed (backtest)"}
WHEN_REPLAYED = (
    "The newest three whole seasons are replayed every night at 04:00 UTC, or at"
    " once by “manage.py backtest --seasons 2022-2024”."
)


def choices(shown: Shown, page: str = "track-record") -> list[OriginChoice]:
    """Both origins with their races, as addresses of a page."""
    asked = shown.asked
    return [
        OriginChoice(
            origin=origin,
            label=label,
            note=_n_races(shown.counts[origin], asked.kind),
            url=asked.url(page, origin=origin, stage="", model="", start=0, end=0),
            is_active=origin == asked.origin,
        )
        for origin, label in ORIGINS.items()
    ]


def _n_races(n: int, kind: str) -> str:
    noun = "sprint" if kind == "sprint" else "race"
    return f"{n or 'no'} {noun}{'s' * (n != 1)} {'yet' if not n else ''}".strip()


def replay_note(shown: Shown) -> str:
    """What is to be said of replays before any figure of them."""
    backtest = shown.backtest
    if backtest is None or backtest.finished_at is None:
        return "Past races, forecast afterwards by fits on the seasons before each."
    cutoff = parts.race_label(backtest.cutoff) if backtest.cutoff else "the record"
    return (
        "Not forecasts that were issued: past races as today’s models would have told"
        " them, each season by fits on the seasons before it. Made on"
        f" {backtest.finished_at:%-d %b %Y} from results up to {cutoff}."
    )
