"""What others ask the record."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from ingestion.models import (
    EDITOR,
    Entry,
    Race,
    RaceResult,
    SessionKind,
    WeatherData,
)


def next_race(now: datetime | None = None) -> Race | None:
    """The earliest race that is neither cancelled nor has a result.

    With a moment: the earliest that had not begun by then, as one would have
    answered at that time.
    """
    races = Race.objects.select_related("season", "circuit")
    if now is None:
        has_result = Exists(RaceResult.objects.filter(race=OuterRef("pk")))
        return races.open().exclude(has_result).first()
    ahead = races.exclude(status=Race.Status.CANCELLED).filter(
        starts_on__gte=now.date()
    )
    return next(
        (
            race
            for race in ahead.order_by("starts_on", "id")
            if race.starts_at is None or race.starts_at > now
        ),
        None,
    )


def lineup(race: Race) -> QuerySet[Entry]:
    """Who races: the entries without those who only practise."""
    return (
        Entry.objects.filter(race=race, is_practice_only=False)
        .select_related("driver", "team")
        .order_by("team__name", "driver__last_name", "driver__slug")
    )


def record_until() -> Race | None:
    """The last race of which the record has the result."""
    held = Race.objects.held().select_related("circuit")
    return held.order_by("-starts_on", "-id").first()


def weather_of(race: Race, kind: str = SessionKind.RACE) -> WeatherData | None:
    """The one row that counts for a session of a race."""
    return weather_by_session(race).get(kind)


def weather_by_session(race: Race) -> dict[str, WeatherData]:
    """Session to the row that counts.

    What was observed before what was foreseen; an editor's word before that of a
    source; readings before a judgement of the track alone.
    """
    ranked = sorted(
        WeatherData.objects.filter(race=race),
        key=lambda row: (
            row.is_forecast,
            row.source != EDITOR,
            not row.has_readings,
            -row.pk,
        ),
        reverse=True,
    )
    return {row.kind: row for row in ranked}
