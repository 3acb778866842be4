"""What pages are given of the versions of a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLink:
    """One version: when the record came to say so, and who says it."""

    number: int
    standing: str  # provisional, final, amended
    known_at: datetime
    source: str  # "archive (F1DB)"
    url: str
    reason: str = ""  # of an editor's correction
    link: str = ""  # the document that it goes by
    is_newest: bool = False
    is_shown: bool = False

    @property
    def label(self) -> str:
        return f"version {self.number}, {self.standing}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedRow:
    """A driver whose place, status or points are not what they were."""

    code: str
    name: str
    slug: str
    team_class: str
    place_before: str  # "1", "DSQ", or nothing: was not in it
    place: str
    points_before: Decimal | None
    points: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultVersions:
    """The versions of one result, the newest first, and the one that is shown."""

    versions: Sequence[VersionLink]
    shown: VersionLink
    moved: Sequence[MovedRow] = ()
    history_url: str = ""  # in the admin

    @property
    def newest(self) -> VersionLink:
        return self.versions[0]

    @property
    def is_only(self) -> bool:
        return len(self.versions) == 1

    @property
    def before(self) -> int:
        """The number of the version that moved rows are compared with."""
        return self.shown.number - 1
