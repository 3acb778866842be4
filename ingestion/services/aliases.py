"""Names that a source uses, turned into the names of the record."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ingestion.models import Alias, Source
from ingestion.records import Facts, LayoutRecord, RaceRecord
from ingestion.services.merge import Keys


class Aliases:
    """All aliases of the record, read once for an import."""

    def __init__(self, rows: Iterable[Alias]) -> None:
        self.slugs: dict[str, dict[str, str]] = defaultdict(dict)
        self.grands_prix: list[Alias] = []
        for row in rows:
            if row.kind == Alias.Kind.GRAND_PRIX:
                self.grands_prix.append(row)
            else:
                self.slugs[row.kind][row.alias] = row.slug

    @classmethod
    def load(cls) -> "Aliases":
        """Those of the archive; the live source has names of its own."""
        return cls(Alias.objects.filter(source=Source.ARCHIVE))

    def canonical(self, facts: Facts) -> Facts:
        """The facts with their circuits, teams, drivers and races renamed."""
        circuits = self.slugs[Alias.Kind.CIRCUIT]
        return replace(
            facts,
            circuits=_renamed(facts.circuits, circuits),
            layouts=[self._layout(layout) for layout in facts.layouts],
            teams=_renamed(facts.teams, self.slugs[Alias.Kind.TEAM]),
            drivers=_renamed(facts.drivers, self.slugs[Alias.Kind.DRIVER]),
            races=[self._race(race) for race in facts.races],
        )

    def _layout(self, layout: LayoutRecord) -> LayoutRecord:
        """A layout is named after its circuit: losail-1 becomes lusail-1."""
        slug = self._layout_slug(layout.slug)
        return layout if slug == layout.slug else replace(layout, slug=slug)

    def _layout_slug(self, slug: str) -> str:
        circuit, dash, number = slug.rpartition("-")
        return self.slugs[Alias.Kind.CIRCUIT].get(circuit, circuit) + dash + number

    def _race(self, race: RaceRecord) -> RaceRecord:
        grand_prix = self._grand_prix(race.season, race.grand_prix)
        layout = race.layout and self._layout_slug(race.layout)
        if (grand_prix, layout) == (race.grand_prix, race.layout):
            return race
        return replace(race, grand_prix=grand_prix, layout=layout)

    def _grand_prix(self, season: int, slug: str) -> str:
        for row in self.grands_prix:
            if row.alias == slug and season >= (row.first_season or season):
                return row.slug
        return slug

    def named(self, record: Any) -> Any:
        """A row with what it refers to called as the record calls it."""
        changed: dict[str, Any] = {}
        for name in ("circuit", "driver", "team"):
            slug = getattr(record, name, None)
            if slug in self.slugs[name]:
                changed[name] = self.slugs[name][slug]
        race = getattr(record, "race", None)
        if race and self._grand_prix(*race) != race[1]:
            changed["race"] = (race[0], self._grand_prix(*race))
        return replace(record, **changed) if changed else record

    def extend(self, keys: Keys) -> None:
        """Let references by a former name find the row, too."""
        for kind, slugs in self.slugs.items():
            known = keys.get(kind, {})
            for alias, slug in slugs.items():
                if slug in known:
                    known.setdefault(alias, known[slug])
        races = keys.get("race", {})
        for season, grand_prix in list(races):
            for row in self.grands_prix:
                if row.slug == grand_prix and season >= (row.first_season or season):
                    races.setdefault((season, row.alias), races[season, grand_prix])


def _renamed(rows: list[Any], slugs: dict[str, str]) -> list[Any]:
    return [
        replace(row, slug=slugs[row.slug]) if row.slug in slugs else row for row in rows
    ]
