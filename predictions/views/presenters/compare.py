"""What the comparison of drivers or teams is given."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.views.presenters.frame import Choice, Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One of those compared, and the address without it."""

    code: str
    name: str
    url: str
    remove_url: str
    team_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    text: str
    note: str = ""
    is_best: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRow:
    """A figure, or a season, of each of them."""

    label: str
    cells: Sequence[Cell]
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareHead:
    """Who is compared, and the addresses of everything near it."""

    of: str  # drivers, teams
    names: str  # as the address has them
    kinds: Sequence[Choice]
    compared: Sequence[Compared]
    known: Sequence[str]  # names to complete
    troubles: Sequence[str]
    has_room: bool
    title: str  # "Lewis Hamilton and Max Verstappen"
    begin: Link | None = None  # a comparison to begin with
    history_url: str = ""
    csv_url: str = ""
    json_url: str = ""
    chain_url: str = ""  # of two drivers
