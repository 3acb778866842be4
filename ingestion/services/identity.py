"""Who is who: the names of the live source and those of the record.

An alias says so, which an editor may change. Else the same full name and birth date,
or an id that is a slug but for its dashes. Who is none of these is added and flagged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.text import slugify

from f1site.base import clock
from ingestion.errors import SourceFormatError
from ingestion.models import Alias, Finding, Race, Source
from ingestion.records import (
    CircuitRecord,
    DriverRecord,
    Facts,
    RaceRecord,
    RaceRef,
    TeamRecord,
)
from ingestion.services.reading import read
from ingestion.services.tables import CIRCUITS, DRIVERS, RACES, TEAMS
from ingestion.sources.jolpica import CircuitLine, DriverLine, RaceLine, TeamLine

KINDS = {
    Alias.Kind.DRIVER: DRIVERS,
    Alias.Kind.TEAM: TEAMS,
    Alias.Kind.CIRCUIT: CIRCUITS,
    Alias.Kind.GRAND_PRIX: RACES,
}
NEWCOMER = "new in the live source; set the slug if it is somebody known"


@dataclass(frozen=True)
class Newcomer:
    """What the record did not know."""

    kind: Alias.Kind
    said: str
    name: str
    slug: str
    season: int


@dataclass
class Names:
    """The names that the record knows, and what one import learns."""

    season: int
    facts: Facts
    newcomers: list[Newcomer] = field(default_factory=list)
    learnt: list[Alias] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {
            kind: {row.slug: row for row in read(table, Q())}
            for kind, table in KINDS.items()
            if table is not RACES
        }
        self.by_name = {
            kind: _by_name(kind, rows.values()) for kind, rows in self.known.items()
        }
        races = read(RACES, Q(season=self.season))
        self.races: dict[str, RaceRecord] = {race.grand_prix: race for race in races}
        self.aliases = _aliases(self.season)
        self.found: dict[tuple[str, str], str] = {}

    # --- drivers, teams, circuits -------------------------------------------------
    def driver(self, line: DriverLine) -> str:
        return self._slug(Alias.Kind.DRIVER, line.id, line)

    def team(self, line: TeamLine) -> str:
        return self._slug(Alias.Kind.TEAM, line.id, line)

    def circuit(self, line: CircuitLine) -> str:
        return self._slug(Alias.Kind.CIRCUIT, line.id, line)

    def _slug(self, kind: Alias.Kind, said: str, line: Any) -> str:
        if (kind, said) not in self.found:
            slug = self._find(kind, said, line) or self._newcomer(kind, said, line)
            self.found[kind, said] = slug
            self._add(kind, slug, line)
        return self.found[kind, said]

    def _find(self, kind: Alias.Kind, said: str, line: Any) -> str:
        if alias := self.aliases.get((kind, said)):
            return alias.slug
        is_driver = kind is Alias.Kind.DRIVER
        same = self.by_name[kind].get(_identity(line), "")
        if same and is_driver:
            self._learn(kind, said, same, "same name and birth date")
            return same
        slug = said.replace("_", "-").lower()
        known = self.known[kind].get(slug)
        if known and not (is_driver and _differ(known.born_on, line.born_on)):
            return slug
        if same:
            self._learn(kind, said, same, "same name")
        return same

    def _newcomer(self, kind: Alias.Kind, said: str, line: Any) -> str:
        is_driver = kind is Alias.Kind.DRIVER
        slug = slugify(line.name) if is_driver else said.replace("_", "-").lower()
        if not slug or slug in self.known[kind]:
            slug = f"{slugify(said)}-{self.season}"
        self.newcomers.append(Newcomer(kind, said, line.name, slug, self.season))
        self._learn(kind, said, slug, NEWCOMER)
        return slug

    def _learn(self, kind: Alias.Kind, said: str, slug: str, note: str) -> None:
        alias = Alias(source=Source.LIVE, kind=kind, alias=said, slug=slug, note=note)
        self.learnt.append(alias)

    def _add(self, kind: Alias.Kind, slug: str, line: Any) -> None:
        """Into the facts, if the record has no such row."""
        if slug in self.known[kind]:
            return
        if kind is Alias.Kind.DRIVER:
            self.known[kind][slug] = _driver(slug, line)
            self.facts.drivers.append(self.known[kind][slug])
        elif kind is Alias.Kind.TEAM:
            nation = ""  # the source has the demonym only
            team = TeamRecord(slug, line.name, line.name, nation, "")
            self.known[kind][slug] = team
            self.facts.teams.append(team)
        else:
            self.known[kind][slug] = _circuit(slug, line)
            self.facts.circuits.append(self.known[kind][slug])

    # --- races --------------------------------------------------------------------
    def grand_prix(self, line: RaceLine) -> str:
        """By its alias or name, else by place and day; else it is a new race."""
        said = slugify(line.name)
        key = (Alias.Kind.GRAND_PRIX, f"{line.round} {said}")
        if key not in self.found:
            self.found[key] = self._known_race(said, line) or self._new_race(said, line)
        return self.found[key]

    def _known_race(self, said: str, line: RaceLine) -> str:
        alias = self.aliases.get((Alias.Kind.GRAND_PRIX, said))
        if alias and alias.slug in self.races:
            return alias.slug
        circuit = self.circuit(line.circuit)
        for slug, race in self.races.items():
            if slugify(race.name) == said:
                return slug
        for slug, race in self.races.items():
            if (race.circuit, race.starts_on) == (circuit, line.starts_on):
                return slug
        return alias.slug if alias else ""

    def _new_race(self, said: str, line: RaceLine) -> str:
        slug = said.removesuffix("-grand-prix")
        kind = Alias.Kind.GRAND_PRIX
        self.newcomers.append(Newcomer(kind, said, line.name, slug, self.season))
        return slug

    def refs(self, lines: Iterable[RaceLine]) -> dict[int, RaceRef]:
        """Round → race; two rounds cannot be the same Grand Prix."""
        refs: dict[int, RaceRef] = {}
        for line in lines:
            ref = (line.season, self.grand_prix(line))
            if refs.setdefault(line.round, ref) != ref:
                raise SourceFormatError(
                    f"Round {line.round} has two names: {line.name}"
                )
        if len(set(refs.values())) < len(refs):
            names = sorted(slug for _, slug in refs.values())
            twice = sorted({slug for slug in names if names.count(slug) > 1})
            raise SourceFormatError(
                f"Two rounds of {self.season} are the same Grand Prix: {twice}"
            )
        return refs

    # --- what was learnt ----------------------------------------------------------
    def note(self) -> None:
        """Keep what was learnt, flag who is new, and close what an editor answered."""
        Alias.objects.bulk_create(self.learnt, ignore_conflicts=True)
        for newcomer in self.newcomers:
            _flag(newcomer)
        _close_answered(self.season)


def _identity(row: Any) -> tuple[str, Any] | None:
    """What nobody shares: a full name, of drivers with the birth date."""
    if isinstance(row, DriverLine | DriverRecord):
        return (slugify(row.name), row.born_on) if row.born_on else None
    return slugify(getattr(row, "full_name", row.name)), None


def _by_name(kind: str, rows: Iterable[Any]) -> dict[Any, str]:
    """Identity → slug, of those that are nobody else's."""
    found: dict[Any, list[str]] = {}
    for row in rows:
        name = (slugify(row.name), None) if kind == Alias.Kind.TEAM else _identity(row)
        if name:
            found.setdefault(name, []).append(row.slug)
    return {name: slugs[0] for name, slugs in found.items() if len(slugs) == 1}


def _differ(one: Any, other: Any) -> bool:
    return bool(one and other and one != other)


def _aliases(season: int) -> dict[tuple[str, str], Alias]:
    """Those that hold in a season; the one that began last counts."""
    rows = Alias.objects.filter(source=Source.LIVE)
    holding = [row for row in rows if (row.first_season or 0) <= season]
    holding.sort(key=lambda row: row.first_season or 0)
    return {(row.kind, row.alias): row for row in holding}


def _driver(slug: str, line: DriverLine) -> DriverRecord:
    return DriverRecord(
        slug,
        line.name,
        line.first_name,
        line.last_name,
        line.code,
        line.permanent_number,
        line.born_on,
        None,
        line.nationality,
        "",
    )


def _circuit(slug: str, line: CircuitLine) -> CircuitRecord:
    return CircuitRecord(
        slug=slug,
        name=line.name,
        full_name=line.name,
        place=line.place,
        country=line.country,
        latitude=line.latitude,
        longitude=line.longitude,
        length_km=None,
        turns=None,
        kind="race",
        is_clockwise=True,
        time_zone="",
    )


def _flag(newcomer: Newcomer) -> None:
    race = None
    if newcomer.kind is Alias.Kind.GRAND_PRIX:
        race = Race.objects.filter(
            season=newcomer.season, grand_prix=newcomer.slug
        ).first()
    Finding.objects.update_or_create(
        kind=Finding.Kind.UNKNOWN,
        source=Source.LIVE,
        sheet=KINDS[newcomer.kind].name,
        subject=newcomer.slug,
        field="",
        race=race,
        resolved_at=None,
        defaults={"theirs": newcomer.said, "last_seen_at": clock.now()},
    )


def _close_answered(season: int) -> None:
    """An editor let the name of a newcomer lead to somebody else."""
    kinds = {table.name: kind for kind, table in KINDS.items()}
    aliases = _aliases(season)
    open_ = Finding.objects.filter(
        kind=Finding.Kind.UNKNOWN, source=Source.LIVE, resolved_at=None
    )
    for finding in open_.filter(sheet__in=kinds):
        alias = aliases.get((kinds[finding.sheet], finding.theirs))
        if alias and alias.slug != finding.subject:
            finding.resolved_at = clock.now()
            finding.resolution = f"{finding.theirs} is {alias.slug}"[:200]
            finding.save()
