"""Weather of sessions: foreseen until they are over, observed from then on."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from f1site.base import clock
from ingestion import queries
from ingestion.errors import SourceUnavailableError
from ingestion.models import EDITOR, Race, Source, WeatherData
from ingestion.records import Facts, WeatherRecord
from ingestion.services.fetching import RefusedError
from ingestion.services.merge import Change
from ingestion.services.provenance import Import, documented
from ingestion.services.record import Outcome, Progress, Reach, store
from ingestion.services.weather_due import Agenda, Due, Window
from ingestion.services.weather_providers import Answered, Provider, provider
from ingestion.sources.archive import quiet
from ingestion.sources.hours import Days, Place, Weather, in_window, rain_by_hour

Fetch = Callable[[Place, Days, datetime], Answered]

#: Races are looked at for so long after them: longer than any archive lags.
LAST_DAYS = timedelta(days=10)
#: mm of rain from which on an hour counts as rainy. Of nine races of 2016 to 2024 with
#: less in all, but some, none was judged wet.
RAINY_FROM_MM = 0.2


def import_session_weather(
    *, race: Race, now: datetime | None = None, progress: Progress = quiet
) -> Import:
    """Bring the weather of a race's sessions up to date."""
    return _import(race.label, [race], now or clock.now(), progress)


def import_recent_weather(
    *, now: datetime | None = None, progress: Progress = quiet
) -> Import:
    """That of the next race and of those of the last days."""
    now = now or clock.now()
    days = (now - LAST_DAYS).date(), now.date()
    races = list(_races(Q(starts_on__range=days)))
    ahead = queries.next_race(now)
    if ahead and ahead not in races:
        races.append(ahead)
    return _import("last and next races", races, now, progress)


def import_weather_history(
    *,
    seasons: Iterable[int],
    now: datetime | None = None,
    progress: Progress = quiet,
) -> Import:
    """That of every race of these seasons which was not observed yet.

    Each is stored as it comes, so that the work may be stopped and begun again.
    """
    now, years = now or clock.now(), sorted(seasons)
    races = list(_races(Q(season__in=years, starts_on__lt=now.date())))
    location = f"seasons {years[0]} to {years[-1]}"
    return _import(location, races, now, progress, is_history=True)


def _races(wanted: Q) -> QuerySet[Race]:
    races = Race.objects.filter(wanted).exclude(status=Race.Status.CANCELLED)
    return races.select_related("circuit").order_by("starts_on", "id")


def _import(
    what: str,
    races: list[Race],
    now: datetime,
    progress: Progress,
    *,
    is_history: bool = False,
) -> Import:
    """Ask for what is due, race by race.

    A provider that is away ends it with a note: what is missing stays due.
    """
    source = provider()
    agenda = Agenda(source, races, now, is_history=is_history)
    run = Import(Source.WEATHER, f"{source.name}, {what}")
    run.outcome.notes += agenda.notes
    if not agenda.due:
        return run
    try:
        with documented(Source.WEATHER, run.location) as run:
            run.outcome.notes += agenda.notes
            for n_done, due in enumerate(agenda.due):
                progress(f"Weather of {due.race.label}", n_done, len(agenda.due))
                _bring(run, source, due, now)
    except SourceUnavailableError as error:
        run.outcome.notes.append(f"Weather is skipped from here on: {error}")
        if not isinstance(error, RefusedError) and not run.outcome.changes:
            _forget(run)
    return run


def _forget(run: Import) -> None:
    """Nobody was asked, because the source rests: no row each time for that."""
    if run.fetch is not None:
        run.fetch.delete()
        run.fetch = None


def _bring(run: Import, source: Provider, due: Due, now: datetime) -> None:
    """Fetch and store the weather of one race."""
    judged = _judged(due.race, source)
    said = [each for each in _ask(run, source, due, now) if each.weather.is_known]
    if len(said) < len(due.windows):
        run.outcome.notes.append(
            f"{due.race.label}: {source.name} has nothing of"
            f" {len(due.windows) - len(said)} sessions yet"
        )
    records = [_record(source, due.race, each, judged) for each in said]
    with transaction.atomic():
        done = store(
            Facts(weather=records), fetch=run.fetch, reach=Reach.SHEETS, progress=quiet
        )
        done.changes["weather"].removed += _drop_forecasts(due.race, records)
    _add(run.outcome, done)


@dataclass(frozen=True, slots=True)
class _Said:
    """The weather of a session, by an archive or by a forecast of some moment."""

    window: Window
    weather: Weather
    condition: str
    said_at: datetime
    is_settled: bool

    @property
    def is_forecast(self) -> bool:
        return self.said_at < self.window.ends_at


def _ask(run: Import, source: Provider, due: Due, now: datetime) -> list[_Said]:
    """What is said of each session: one request, two where the archive has gaps."""
    if not due.is_settled:
        return _heard(run, source.fetch_forecast, due, now)
    said = _heard(run, source.fetch_observed, due, now, is_settled=True)
    is_whole = all(each.weather.is_complete for each in said)
    if is_whole or now - due.windows[0].ends_at > source.memory:
        return said
    run.outcome.notes.append(
        f"{due.race.label}: the archive of {source.name} has gaps, filled from what"
        " its forecast says of the past"
    )
    remembered = _heard(run, source.fetch_forecast, due, now)
    return [
        late if late.weather.is_complete and not early.weather.is_complete else early
        for early, late in zip(said, remembered, strict=True)
    ]


def _heard(
    run: Import, fetch: Fetch, due: Due, now: datetime, *, is_settled: bool = False
) -> list[_Said]:
    answer = fetch(due.place, due.days, now)
    both = (run.sha256 + answer.sha256).encode()
    run.sha256 = hashlib.sha256(both).hexdigest() if run.sha256 else answer.sha256
    return [
        _Said(
            window,
            in_window(answer.hours, window.starts_at, window.ends_at),
            condition_of(rain_by_hour(answer.hours, window.starts_at, window.ends_at)),
            answer.said_at,
            is_settled,
        )
        for window in due.windows
    ]


def _judged(race: Race, source: Provider) -> dict[str, str]:
    """Sessions whose track was judged by people: that beats any guess from rain."""
    rows = WeatherData.objects.filter(race=race, is_forecast=False)
    judged = rows.exclude(condition="").exclude(source=source.name)
    # Editors last: theirs counts where there are several.
    ordered = sorted(judged, key=lambda row: row.source == EDITOR)
    return {row.kind: row.condition for row in ordered}


def _record(
    source: Provider, race: Race, said: _Said, judged: dict[str, str]
) -> WeatherRecord:
    weather, kind, guess = said.weather, said.window.kind, said.condition
    return WeatherRecord(
        race=(race.season_id, race.grand_prix),
        source=source.name,
        air_temp_c=weather.air_temp_c,
        humidity_pct=weather.humidity_pct,
        wind_kmh=weather.wind_kmh,
        rain_mm=weather.rain_mm,
        condition=guess if said.is_forecast else judged.get(kind, guess),
        kind=kind,
        is_forecast=said.is_forecast,
        known_at=None if said.is_settled else said.said_at,
    )


def condition_of(rains: Sequence[float | None]) -> str:
    """What rain makes of a track, where nobody judged it.

    Parameters
    ----------
    rains : mm in each hour of a session: wet where it rained in all of them, mixed
        where in some; unknown where one of them is
    """
    known = [rain_mm for rain_mm in rains if rain_mm is not None]
    n_rainy = sum(rain_mm >= RAINY_FROM_MM for rain_mm in known)
    condition = WeatherData.Condition
    if not known or len(known) < len(rains):
        return condition.UNKNOWN.value
    if n_rainy == len(known):
        return condition.WET.value
    return (condition.MIXED if n_rainy else condition.DRY).value


def _drop_forecasts(race: Race, records: list[WeatherRecord]) -> int:
    """Of what was observed; what an editor foresaw is his."""
    observed = [record.kind for record in records if not record.is_forecast]
    foreseen = WeatherData.objects.filter(
        race=race, kind__in=observed, is_forecast=True
    )
    dropped, _ = foreseen.exclude(source=EDITOR).delete()
    return dropped


def _add(total: Outcome, part: Outcome) -> None:
    """Count what was done to one race into what was done to all."""
    for name, change in part.changes.items():
        sum_ = total.changes.setdefault(name, Change())
        sum_.added += change.added
        sum_.changed += change.changed
        sum_.unchanged += change.unchanged
        sum_.removed += change.removed
        sum_.races |= change.races
