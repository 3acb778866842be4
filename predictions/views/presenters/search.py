"""What the search is given."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page that was found, and what tells it from its namesakes."""

    label: str
    url: str
    note: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A few of one kind, and the address of all of them."""

    title: str
    rows: Sequence[Found]
    more_url: str = ""  # "" where these are all
