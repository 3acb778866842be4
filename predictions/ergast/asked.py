"""What an address asks for: season, round, filters and what is wanted of them.

``2024/drivers/hamilton/results/1`` are the races of 2024 that Hamilton won. Nothing
here knows the record.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rest_framework.exceptions import NotFound, ParseError

ENDPOINTS: Final = (
    "seasons",
    "circuits",
    "races",
    "constructors",
    "drivers",
    "results",
    "sprint",
    "qualifying",
    "status",
    "driverstandings",
    "constructorstandings",
    "laps",
    "pitstops",
)
STANDINGS: Final = ("driverstandings", "constructorstandings")
#: Timed laps and stops, which the record does not hold.
UNKEPT: Final = ("laps", "pitstops")
#: What is said in front of an endpoint, and how the answer names it.
FILTERS: Final = {
    "circuits": "circuitId",
    "constructors": "constructorId",
    "drivers": "driverId",
    "grid": "grid",
    "results": "position",
    "fastest": "fastest",
    "status": "status",
    "laps": "lap",
}
NUMBERED: Final = ("grid", "results", "fastest")
#: Of an endpoint, what may be said behind it.
LOOKUPS: Final = (
    "circuits",
    "constructors",
    "drivers",
    "results",
    "sprint",
    "qualifying",
    *STANDINGS,
    *UNKEPT,
)
SEASON = re.compile(r"[0-9]{4}|current")
ROUND = re.compile(r"[0-9]{1,2}|last|next")
WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
NUMBER = re.compile(r"[0-9]{1,4}")

NO_FINAL = "Bad Request: Endpoint does not support final filter."
NO_FILTER = "Bad Request: Unsupported filter for endpoint."
MISSING = "Bad Request: Missing one of the required parameters {}."


@dataclass(frozen=True)
class Asked:
    """An address in parts; season and round as they were written."""

    endpoint: str = "races"
    season: str = ""
    round: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    #: What stands behind the endpoint: an id of those, a position of others.
    lookup: str = ""

    @property
    def named(self) -> dict[str, str]:
        """The filters as the answer repeats them, behind season and round."""
        said = {FILTERS[name]: value for name, value in self.filters.items()}
        if self.lookup and self.endpoint in FILTERS:
            said = {FILTERS[self.endpoint]: self.lookup} | said
        return said

    def wanted(self, name: str) -> str:
        """A filter by its word; what stands behind an endpoint is one as well."""
        behind = self.lookup if name == self.endpoint else ""
        return behind or self.filters.get(name, "")


def parse(path: str) -> Asked:
    """Read the part of an address behind ``/ergast/f1``."""
    words = _words(path)
    season = words.pop(0) if words and SEASON.fullmatch(words[0]) else ""
    has_round = season and words and ROUND.fullmatch(words[0])
    round_ = words.pop(0) if has_round else ""
    filters = {}
    while len(words) > 2 or (len(words) == 2 and _leads_on(*words)):
        name, value = words.pop(0), words.pop(0)
        if name not in FILTERS:
            raise ParseError(NO_FINAL)
        filters[name] = value
    endpoint, lookup = [*words, "", ""][:2]
    asked = Asked(endpoint or "races", season, round_, filters, lookup)
    _check(asked, has_endpoint=bool(endpoint))
    return asked


def _leads_on(name: str, value: str) -> bool:
    """Whether two last words are a filter without an endpoint, for races."""
    return name in FILTERS and name not in ENDPOINTS


def _words(path: str) -> list[str]:
    """The words between slashes, endpoints in small letters."""
    if path.endswith(".json"):
        path = path.removesuffix(".json")
    words = path.strip("/").split("/") if path.strip("/") else []
    if not all(WORD.fullmatch(word) for word in words):
        raise NotFound
    known = {*ENDPOINTS, *FILTERS}
    return [word.lower() if word.lower() in known else word for word in words]


def _check(asked: Asked, *, has_endpoint: bool) -> None:
    """Refuse what the source refuses."""
    endpoint = asked.endpoint
    if endpoint not in ENDPOINTS or (asked.lookup and endpoint not in LOOKUPS):
        raise ParseError(NO_FINAL)
    if asked.filters and not has_endpoint:
        raise NotFound
    required = {"season_year": asked.season}
    if endpoint in UNKEPT:
        required["race_round"] = asked.round
    if endpoint in (*STANDINGS, *UNKEPT) and not all(required.values()):
        raise ParseError(MISSING.format(list(required)))
    if endpoint not in UNKEPT and not _may_filter(asked):
        raise ParseError(NO_FILTER)


def _may_filter(asked: Asked) -> bool:
    names = set(asked.filters)
    if asked.endpoint == "driverstandings":
        allowed = {"drivers"}
    elif asked.endpoint == "constructorstandings":
        allowed = {"constructors"}
    else:  # ids of statuses are Ergast's own, laps are not kept
        allowed = set(FILTERS) - {"status", "laps"}
    by_number = {name: asked.wanted(name) for name in NUMBERED}
    if asked.endpoint in ("sprint", "qualifying", *STANDINGS):
        by_number["lookup"] = asked.lookup
    numbers = [value for value in by_number.values() if value]
    return names <= allowed and all(NUMBER.fullmatch(value) for value in numbers)
