"""The races of a source meet those of the record: keys, states, and who is right."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import Max

from f1site.base.partitions import KEYS_PER_SEASON
from ingestion.errors import SourceFormatError
from ingestion.models import Race, RaceResult, SourceFetch
from ingestion.records import RaceRecord, RaceRef
from ingestion.services.precedence import RANKS


@dataclass(frozen=True)
class KnownRace:
    """What the record has of a race so far."""

    id: int
    season: int
    round: int | None
    grand_prix: str
    status: str
    starts_on: date
    is_held: bool

    @property
    def label(self) -> str:
        return f"{self.season} {self.grand_prix}"


#: A race as the source has it, and as the record has it.
Pair = tuple[RaceRecord, KnownRace]


@dataclass
class Calendar:
    """The races to write, and those that the source dropped."""

    races: list[RaceRecord]
    #: Keys of held races with another date: they are rated in another order.
    moved: set[int] = field(default_factory=set)
    #: Key of the last race of which the source has results.
    last: int | None = None
    #: Keys of races of which no archive brought results before.
    fresh: set[int] = field(default_factory=set)
    #: Those of them of which this source brings none either.
    ahead: set[int] = field(default_factory=set)
    dropped: list[KnownRace] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def known_races() -> dict[RaceRef, KnownRace]:
    held = set(RaceResult.objects.values_list("race_id", flat=True).distinct())
    rows = Race.objects.values_list(
        "id", "season_id", "round", "grand_prix", "status", "starts_on"
    )
    races = (KnownRace(*row, is_held=row[0] in held) for row in rows)
    return {(race.season, race.grand_prix): race for race in races}


def settle(
    races: list[RaceRecord],
    *,
    whole: Collection[int] | None = (),
    present: Collection[RaceRef] = (),
) -> Calendar:
    """Give each race its key and state.

    The source has every race of the ``whole`` seasons, None: of all there ever were.
    One that vanished is cancelled if it lay ahead, and an error if it had results;
    those that are ``present`` are there, though nothing is said of them.
    """
    known = known_races()
    calendar = _with_reach(allocate_keys(races, known))
    calendar.races = [
        _settled(race, known.get(race.ref), calendar.ahead) for race in calendar.races
    ]
    pairs = [(race, known[race.ref]) for race in calendar.races if race.ref in known]
    calendar.moved = _moved(pairs)
    calendar.notes = _revived(pairs) + _typed_in(pairs, calendar.ahead)
    problems = _forgotten(pairs)
    if whole is None or whole:
        problems += _find_dropped(calendar, known, whole, set(present))
    if problems:
        raise SourceFormatError(
            "The source is older than the record, or a part of it is missing", problems
        )
    return calendar


def _with_reach(races: list[RaceRecord]) -> Calendar:
    """The races, and how far their results reach: in this source, and in all before."""
    held = [race for race in races if race.status == Race.Status.COMPLETED]
    last = max(held, key=lambda race: race.starts_on, default=None)
    end = last.starts_on if last else date.min
    before = _reached() or end
    keys = {race.id: race for race in races if race.id is not None}
    fresh = {key for key, race in keys.items() if race.starts_on > before}
    ahead = {key for key in fresh if keys[key].starts_on > end}
    return Calendar(races, last=last.id if last else None, fresh=fresh, ahead=ahead)


def _reached() -> date | None:
    """The day of the last race of which archive or starter brought the results.

    The live source is ahead of them: what it has of a race they lack is kept.
    """
    done = SourceFetch.objects.filter(
        outcome=SourceFetch.Outcome.DONE, source__in=RANKS
    )
    keys = done.values_list("counts__results__last_race", flat=True).distinct()
    races = Race.objects.filter(pk__in=[key for key in keys.order_by() if key])
    day: date | None = races.aggregate(day=Max("starts_on"))["day"]
    return day


def _moved(pairs: list[Pair]) -> set[int]:
    return {
        old.id for race, old in pairs if old.is_held and race.starts_on != old.starts_on
    }


def _revived(pairs: list[Pair]) -> list[str]:
    return [
        f"{old.label} is on the calendar again"
        for race, old in pairs
        if race.status == Race.Status.SCHEDULED and old.status == Race.Status.CANCELLED
    ]


def _typed_in(pairs: list[Pair], ahead: set[int]) -> list[str]:
    return [
        f"{old.label} has results that this source does not have yet: kept"
        for _, old in pairs
        if old.is_held and old.id in ahead
    ]


def _forgotten(pairs: list[Pair]) -> list[str]:
    return [
        f"{old.label} has results in the record and none in the source"
        for race, old in pairs
        if old.is_held and race.status != Race.Status.COMPLETED
    ]


def allocate_keys(
    races: Iterable[RaceRecord], known: dict[RaceRef, KnownRace]
) -> list[RaceRecord]:
    """Season x 1000 + n: kept for a known race, n counted up for a new one.

    Rounds are not keys: they move when a race is added or dropped.
    """
    taken = {race.id for race in known.values()}
    keyed = []
    for race in sorted(races, key=_in_season):
        key = known[race.ref].id if race.ref in known else race.id
        if key is None or (race.ref not in known and key in taken):
            key = _next_key(race.season, taken)
        taken.add(key)
        keyed.append(race if key == race.id else replace(race, id=key))
    return keyed


def _in_season(race: RaceRecord) -> tuple[int, int, bool, int, str]:
    """Races that bring their key first, then by round; the cancelled at the end."""
    return (
        race.season,
        race.id if race.id is not None else KEYS_PER_SEASON * (race.season + 1),
        race.round is None,
        race.round or 0,
        race.grand_prix,
    )


def _next_key(season: int, taken: set[int]) -> int:
    first = season * KEYS_PER_SEASON
    last = max(
        (key for key in taken if first < key < first + KEYS_PER_SEASON), default=first
    )
    return last + 1


def _settled(race: RaceRecord, known: KnownRace | None, ahead: set[int]) -> RaceRecord:
    """An editor's word stands against a source that only says: scheduled.

    A cancelled race that kept its round was cancelled by an editor; the importer
    takes the round away.
    """
    if known is None or race.status != Race.Status.SCHEDULED:
        return race
    if known.is_held and known.id in ahead:
        return replace(race, status=Race.Status.COMPLETED.value)
    by_editor = known.status == Race.Status.POSTPONED or (
        known.status == Race.Status.CANCELLED and known.round is not None
    )
    return replace(race, status=known.status) if by_editor else race


def _find_dropped(
    calendar: Calendar,
    known: dict[RaceRef, KnownRace],
    whole: Collection[int] | None,
    present: set[RaceRef],
) -> list[str]:
    """Cancel what lay ahead; answer the races that cannot have vanished."""
    refs = {race.ref for race in calendar.races} | present
    seasons = {season for season, _ in refs}
    gone = [
        race
        for ref, race in sorted(known.items())
        if ref not in refs and (whole is None or race.season in whole)
    ]
    calendar.dropped = [
        race
        for race in gone
        if not race.is_held and race.season in seasons and race.round is not None
    ]
    calendar.notes += [
        f"{race.label} vanished from the calendar: cancelled"
        for race in calendar.dropped
    ]
    return [
        f"{race.label} has results in the record and is missing in the source"
        for race in gone
        if race.is_held
    ]
