"""What a forecast should have known at its stage, and did not: in short words."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ingestion.models import Entry, Race, Session, SessionKind
from predictions.grids import qualifying_of, slots_of, sprints_of, starts_of
from predictions.models import NO_RESULT, Stage
from predictions.weekends import TOLD, practice_of, untold

PRACTICES = (SessionKind.FP1, SessionKind.FP2, SessionKind.FP3, SessionKind.FP4)
#: How far back a race without a result is looked for.
A_SEASON = timedelta(days=365)
MOST_LETTERS = 60

#: What each stage knows of the weekend, in words.
STAGE_WORDS: dict[str, tuple[str, ...]] = {
    Stage.PRE_WEEKEND: ("line-up", "circuit"),
    Stage.POST_PRACTICE: ("line-up", "circuit", "practice"),
    Stage.POST_QUALIFYING: ("line-up", "practice", "qualifying"),
    Stage.FINAL_GRID: ("line-up", "practice", "qualifying", "the published grid"),
}
LAST_LINEUP = "line-up of the last race"
DERIVED = "grid derived from"


def gaps_of(
    race: Race, stage: str, as_of: datetime, kind: str = SessionKind.RACE
) -> list[str]:
    """What is missing for a stage at a moment; empty where nothing is."""
    as_of = min(as_of, starts_of([race], kind)[race.pk])
    told = TOLD[stage]
    gaps = [LAST_LINEUP] if not _has_lineup(race) else []
    if "practice" in told:
        gaps += _of_practice(race, as_of)
    if "qualifying" in told and not qualifying_of([race], kind).exists():
        gaps += ["no qualifying"]
    if "grid" in told and not slots_of([race], kind):
        gaps += [f"{DERIVED} {_origin(race, as_of, kind)}"]
    return gaps + [gap[:MOST_LETTERS] for gap in _of_results(race, as_of)]


def weekend_words(stage: str, gaps: list[str]) -> str:
    """What is known of the weekend: the words of the stage without its gaps."""
    missing = {gap.removeprefix("no ") for gap in gaps}
    if any(gap.startswith(DERIVED) for gap in gaps):
        missing.add("the published grid")
    if LAST_LINEUP in gaps:
        missing.add("line-up")
    *words, last = [word for word in STAGE_WORDS[stage] if word not in missing] or [""]
    return f"{', '.join(words)} and {last}" if words else last


def _has_lineup(race: Race) -> bool:
    return Entry.objects.filter(race=race, is_practice_only=False).exists()


def _of_practice(race: Race, as_of: datetime) -> list[str]:
    sessions = Session.objects.filter(race=race, kind__in=PRACTICES)
    over = [session.kind for session in sessions if session.over_at <= as_of]
    there = set(practice_of([race]).values_list("kind", flat=True))
    missing = [kind for kind in over if kind not in there]
    if not missing:
        return []
    return ["no practice" if len(missing) == len(over) else f"no {_joined(missing)}"]


def _joined(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _origin(race: Race, as_of: datetime, kind: str) -> str:
    told = (
        kind == SessionKind.RACE
        and SessionKind.SPRINT not in untold([race], as_of)[race.pk]
    )
    return "the sprint" if told and sprints_of([race]) else "qualifying order"


def _of_results(race: Race, as_of: datetime) -> Iterator[str]:
    """Races before it that can be over and have no result yet."""
    before = Race.objects.filter(
        status=Race.Status.SCHEDULED,
        starts_on__gt=race.starts_on - A_SEASON,
        starts_on__lte=race.starts_on,
    )
    for other in before.exclude(pk=race.pk).order_by("starts_on", "id"):
        if other.over_at <= as_of and not other.results.exists():
            yield f"{NO_RESULT} the {other.name}"
