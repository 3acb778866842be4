"""What a query of Prometheus names: by its text, without a grammar of its own."""

import re
from dataclasses import dataclass
from typing import Final

RESERVED: Final = set(
    "and or unless bool on ignoring by without group_left group_right offset inf nan"
    " start end atan2".split()
)
#: What Grafana fills in, as promtool is told.
FILLED: Final = {
    "$__rate_interval": "5m",
    "$__interval": "1m",
    "$__range": "6h",
}
TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
GROUPING: Final = re.compile(
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)"
)
DURATION: Final = re.compile(r"\[[^\]]*\]")
#: Also as a duration: 5m, 1e3.
NUMBER: Final = re.compile(r"(?<![\w:])\d[\w.]*")
SELECTOR: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\})?\s*(\()?")
MATCHER: Final = re.compile(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)")


@dataclass(frozen=True)
class Query:
    where: str
    expr: str

    def filled(self) -> str:
        expr = self.expr
        for name, value in FILLED.items():
            expr = expr.replace(name, value)
        return expr


@dataclass(frozen=True)
class Used:
    """A metric that a query names, and the labels it is told apart by."""

    name: str
    labels: frozenset[str]


def used(expr: str) -> list[Used]:
    """The metrics of an expression: the names that no bracket follows."""
    bare = DURATION.sub(" ", TEXT.sub('""', expr))
    bare = NUMBER.sub(" ", GROUPING.sub(" ", bare))
    found = []
    for name, selector, call in SELECTOR.findall(bare):
        if call or name.lower() in RESERVED:
            continue
        found.append(Used(name, frozenset(MATCHER.findall(selector))))
    return found


def grouped(expr: str) -> set[str]:
    """Labels that the expression groups or joins by."""
    listed = ",".join(GROUPING.findall(TEXT.sub('""', expr)))
    return {label.strip() for label in listed.split(",") if label.strip()}
