"""The words of the live source that go with what an answer shows."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.db.models import Q

from ingestion.models import LiveWords

Kind = LiveWords.Kind
NOTHING: Final[Mapping[str, Any]] = {}


class Words:
    """All words that one answer may need, read at once. One query, or none."""

    def __init__(self, wanted: Mapping[str, Collection[str]]) -> None:
        self.kept: dict[tuple[str, str], Mapping[str, Any]] = {}
        which = Q()
        for kind, keys in wanted.items():
            which |= Q(kind=kind, key__in=set(keys))
        if which:
            for row in LiveWords.objects.filter(which):
                self.kept[row.kind, row.key] = row.words

    def of(self, kind: str, key: str) -> Mapping[str, Any]:
        return self.kept.get((kind, key), NOTHING)

    def of_row(self, kind: str, race: str, row: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.of(kind, race).get(row, NOTHING)
        return found

    def url(self, kind: str, key: str) -> dict[str, str]:
        """A link, where the source has one."""
        url = said(self.of(kind, key), "url", None)
        return {"url": url} if url else {}


def said(
    words: Mapping[str, Any], name: str, ours: Any, read: Collection[Any] = ()
) -> Any:
    """What the source says, as long as the record holds what it was read as."""
    word = words.get(name)
    if word is None or list(word["read"]) != list(read):
        return ours
    return word["said"]
