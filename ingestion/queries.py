"""What others ask the record."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet

from ingestion.models import (
    EDITOR,
    Alias,
    CorrectedFigure,
    Correction,
    Driver,
    Entry,
    Race,
    RaceResult,
    ResultVersion,
    Session,
    SessionKind,
    SourceFetch,
    SprintResult,
    Team,
    TeamEra,
    WeatherData,
)

Named = TypeVar("Named", Driver, Team)
#: Of a team, as long as its seats can be told apart.
CARS = 2


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


def sessions_of(race: Race) -> list[Session]:
    """The sessions of a weekend in order, the race last, whether or not it is listed.

    Its start is that of the race itself.
    """
    own = Session(
        race=race,
        kind=SessionKind.RACE,
        starts_on=race.starts_on,
        starts_at=race.starts_at,
    )
    others = [each for each in race.sessions.all() if each.kind != SessionKind.RACE]
    return [*others, own]


def stand_ins(race: Race, entries: Iterable[Entry]) -> dict[tuple[int, int], str]:
    """Team and driver to whom he stands in for, in teams of two cars. One query.

    A team's own two are those whom it entered most often in the season, as far as it
    is known; of two with as many the one who came first.
    """
    season = Entry.objects.filter(
        race__season=race.season_id, race__round__isnull=False, is_practice_only=False
    )
    often = season.values("team_id", "driver_id", "driver__name").annotate(
        n=Count("race", distinct=True), first=Min("race__starts_on")
    )
    own: dict[int, dict[int, str]] = defaultdict(dict)
    for row in often.order_by("-n", "first", "driver_id"):
        if len(own[row["team_id"]]) < CARS:
            own[row["team_id"]][row["driver_id"]] = row["driver__name"]
    here: dict[int, set[int]] = defaultdict(set)
    for entry in entries:
        if not entry.is_practice_only:
            here[entry.team_id].add(entry.driver_id)
    found: dict[tuple[int, int], str] = {}
    for team, drivers in here.items():
        away, new = own[team].keys() - drivers, drivers - own[team].keys()
        if len(drivers) == CARS and len(away) == len(new) == 1:
            found[team, new.pop()] = own[team][away.pop()]
    return found


@dataclass(frozen=True)
class Chain:
    """What a team was called through the years, and who it was before and after.

    Attributes
    ----------
    eras : of all teams of the chain, the oldest first
    predecessor, successor : before the first and after the last era of the team
    """

    eras: Sequence[TeamEra] = ()
    predecessor: TeamEra | None = None
    successor: TeamEra | None = None


def chains() -> dict[int, Chain]:
    """Team: its chain; a team that was never renamed has none. One query."""
    lineages: dict[str, list[TeamEra]] = defaultdict(list)
    own: dict[int, list[TeamEra]] = defaultdict(list)
    for era in TeamEra.objects.select_related("team").order_by("first_year", "pk"):
        lineages[era.lineage].append(era)
        own[era.team_id].append(era)
    return {team: _chain(lineages[eras[0].lineage], team) for team, eras in own.items()}


def with_chains(teams: list[Team]) -> list[Team]:
    """The same teams, each with its ``chain``; None where it was never renamed."""
    known = chains()
    for team in teams:
        vars(team)["chain"] = known.get(team.pk)
    return teams


def _chain(eras: list[TeamEra], team: int) -> Chain:
    places = [n for n, era in enumerate(eras) if era.team_id == team]
    first, last = places[0], places[-1]
    return Chain(
        eras,
        predecessor=eras[first - 1] if first else None,
        successor=eras[last + 1] if last + 1 < len(eras) else None,
    )


def entered() -> QuerySet[Entry]:
    """Who races in the season of the next race, the newest entry of each first."""
    race = next_race()
    if race is None:
        return Entry.objects.none()
    return Entry.objects.filter(
        race__season=race.season, is_practice_only=False
    ).order_by("-race__starts_on", "-id")


def moved() -> list[object]:
    """What moves when anything in the record does, cheap to ask. Four queries."""
    imports = SourceFetch.objects.filter(outcome=SourceFetch.Outcome.DONE)
    return [
        imports.aggregate(Max("id")),
        Race.objects.aggregate(Max("results_changed_at")),
        Correction.objects.aggregate(Max("id"), Max("undone_at")),
        CorrectedFigure.objects.in_force().count(),
    ]


def record_until() -> Race | None:
    """The last race of which the record has the result."""
    held = Race.objects.held().select_related("circuit")
    return held.order_by("-starts_on", "-id").first()


def seasons_held() -> list[int]:
    """The seasons of which a race is over, the oldest first."""
    over = Race.objects.filter(status=Race.Status.COMPLETED)
    return sorted(set(over.values_list("season_id", flat=True)))


def record_since() -> int | None:
    """The season with which the record begins; None without a race that is over."""
    return next(iter(seasons_held()), None)


def versions_of(race: Race, kind: str = "race") -> QuerySet[ResultVersion]:
    """The versions of a result, the newest first; their rows are fetched when read."""
    versions = ResultVersion.objects.filter(race=race, kind=kind).order_by("-number")
    return versions.select_related("correction").defer("rows")


def rows_of(version: ResultVersion) -> list[RaceResult] | list[SprintResult]:
    """The rows of a version as the tables would hold them, unsaved."""
    model = RaceResult if version.kind == "race" else SprintResult
    known = {field.name for field in model._meta.concrete_fields}
    drivers = _by_slug(Driver, {row["driver"] for row in version.rows})
    teams = _by_slug(Team, {row["team"] for row in version.rows})
    rows: Any = [
        model(
            **{name: value for name, value in row.items() if name in known}
            | {
                "race_id": version.race_id,
                "driver": drivers[row["driver"]],
                "team": teams[row["team"]],
                "points": Decimal(row["points"]),
            }
        )
        for row in version.rows
    ]
    return list(rows)


def _by_slug(model: type[Named], slugs: Collection[str]) -> dict[str, Named]:
    """Drivers or teams; of one that was renamed the row it is now, else its words."""
    found = {row.slug: row for row in model._default_manager.filter(slug__in=slugs)}
    gone = set(slugs) - set(found)
    if gone:
        kind = str(model._meta.model_name)
        names = Alias.objects.filter(source="archive", kind=kind, alias__in=gone)
        now = dict(names.values_list("alias", "slug"))
        renamed = model._default_manager.in_bulk(now.values(), field_name="slug")
        for slug in gone:
            words = slug.replace("-", " ").title()
            found[slug] = renamed.get(now.get(slug, "")) or model(slug=slug, name=words)
    return found


def weather_of(race: Race, kind: str = SessionKind.RACE) -> WeatherData | None:
    """The one row that counts for a session of a race."""
    return weather_by_session(race).get(kind)


def weather_by_session(race: Race) -> dict[str, WeatherData]:
    """Session to the row that counts.

    What was observed before what was foreseen; an editor's word before that of a
    source; readings before a judgement of the track alone.
    """
    ranked = sorted(WeatherData.objects.filter(race=race), key=_weight, reverse=True)
    return {row.kind: row for row in ranked}


def observed_weather(
    races: Collection[int], kind: str = SessionKind.RACE
) -> dict[int, WeatherData]:
    """Race to the row that counts of what was observed during a session. One query."""
    rows = WeatherData.objects.filter(race_id__in=races, kind=kind, is_forecast=False)
    return {row.race_id: row for row in sorted(rows, key=_weight, reverse=True)}


def conditions_of(
    races: Collection[int], kind: str = SessionKind.RACE
) -> dict[int, str]:
    """Race to the observed state of its track; "" and what is missing are unknown."""
    observed = observed_weather(races, kind)
    return {race: row.condition for race, row in observed.items()}


def _weight(row: WeatherData) -> tuple[bool, bool, bool, int]:
    """The least counts; see :func:`weather_by_session`."""
    return row.is_forecast, row.source != EDITOR, not row.has_readings, -row.pk
