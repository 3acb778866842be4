"""Ids: what the source calls the circuits, drivers and constructors of the record.

The alias rows of the live source say so, which editors may change; who has none is
called by the slug, with underscores for dashes.
"""

from collections import defaultdict
from typing import Final

from ingestion.models import Alias, Source

Kind = Alias.Kind
KINDS: Final = {
    "circuits": Kind.CIRCUIT,
    "constructors": Kind.TEAM,
    "drivers": Kind.DRIVER,
}
#: Without a season all aliases hold.
ALWAYS: Final = 9999


class Names:
    """Both ways between slugs and ids. One query."""

    def __init__(self) -> None:
        self.ids: dict[tuple[str, str], list[Alias]] = defaultdict(list)
        self.slugs: dict[tuple[str, str], list[Alias]] = defaultdict(list)
        rows = Alias.objects.filter(source=Source.LIVE, kind__in=KINDS.values())
        for row in sorted(rows, key=lambda row: (row.first_season or 0, row.pk)):
            self.slugs[row.kind, row.alias].append(row)
            if not _has_engine(row):
                self.ids[row.kind, row.slug].append(row)

    def id_of(self, kind: str, slug: str, season: int = ALWAYS) -> str:
        """The id in a season: that of the alias which began last, else of the slug."""
        for row in reversed(self.ids[kind, slug]):
            if (row.first_season or 0) <= season:
                return row.alias
        return slug.replace("-", "_")

    def slugs_of(self, kind: str, id_: str) -> list[tuple[str, int]]:
        """The slugs that an id ever led to, with the season since when it does."""
        said = self.slugs[kind, id_]
        found = [(row.slug, row.first_season or 0) for row in said]
        if not any(since == 0 for _, since in found):
            found.append((id_.replace("_", "-").lower(), 0))
        return found


def _has_engine(row: Alias) -> bool:
    """The source tells constructors apart by engine (cooper-climax); a slug does not,
    so that such a name leads to it and none leads back.
    """
    return row.kind == Kind.TEAM and "-" in row.alias and row.alias != row.slug
