"""What the address of the history page asks for: all of its state, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import slugify

from predictions.views.ratings import KINDS, N_LINES, SESSIONS
from ratings.careers import Career

SHORT_SPAN = 3  # seasons: no longer, and races are told one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which ratings, from when to when, of whom.

    Attributes
    ----------
    kind, session : driver or team; race or qualifying
    first, last : seasons that are rated at all
    start, end : seasons to show, within them
    names : keys of careers to name; None: who is best
    add : a name that was typed in
    troubles : what could not be made sense of, in words
    """

    kind: str
    session: str
    first: int
    last: int
    start: int
    end: int
    names: tuple[str, ...] | None = None
    add: str = ""
    troubles: tuple[str, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether races are told one by one, not smoothed."""
        return self.end - self.start < SHORT_SPAN

    def url(self, name: str = "ratings-history", **changes: Any) -> str:
        """Address of the same with some changes; with ``names`` None of the best."""
        now = replace(self, **changes)
        query: dict[str, Any] = {"kind": now.kind, "session": now.session}
        if (now.start, now.end) != (now.first, now.last):
            query |= {"from": now.start, "to": now.end}
        if now.names is not None:
            query["names"] = ",".join(now.names)
        return f"{reverse(name)}?{urlencode(query).replace('%2C', ',')}"


def asked_for(query: QueryDict, seasons: tuple[int, int]) -> Asked:
    """Read an address; what makes no sense falls back and is told."""
    first, last = seasons
    troubles: list[str] = []
    start = _year(query, "from", first, seasons, troubles)
    end = _year(query, "to", last, seasons, troubles)
    if start > end:
        troubles.append(f"{start} comes after {end}: the two were swapped.")
        start, end = end, start
    names = query.get("names")
    return Asked(
        kind=_one_of(query, "kind", KINDS, troubles),
        session=_one_of(query, "session", SESSIONS, troubles),
        first=first,
        last=last,
        start=start,
        end=end,
        names=None if names is None else _names(names),
        add=query.get("add", "").strip(),
        troubles=tuple(troubles),
    )


def with_names(
    asked: Asked, careers: Sequence[Career], best: Sequence[str], chains: dict[str, str]
) -> Asked:
    """The same with names that are known, at most as many as can be told apart.

    Parameters
    ----------
    careers : everybody who was rated
    best : keys of those to show where no names are asked for
    chains : slug or lower-case name of a team to the chain it belongs to
    """
    known = {career.key for career in careers}
    troubles = list(asked.troubles)
    names: list[str] = []
    for name in best if asked.names is None else asked.names:
        # A chain bears the name of its first team, which may be a link of another.
        key = name if name in known else chains.get(name)
        if key is None or key not in known:
            troubles.append(_unknown(name, asked.kind))
        elif key not in names:
            names.append(key)
    added = found(asked.add, careers, chains) if asked.add else None
    if added and added not in names:
        names.append(added)
    elif asked.add and not added:
        troubles.append(_unknown(asked.add, asked.kind))
    if len(names) > N_LINES:
        # Who was added last is wanted most.
        dropped = names[N_LINES - 1 : -1] if added else names[N_LINES:]
        names = [name for name in names if name not in dropped]
        told = ", ".join(c.name for c in careers if c.key in dropped)
        troubles.append(f"Only {N_LINES} lines can be told apart: without {told}.")
    is_default = asked.names is None and names == list(best)
    return replace(
        asked,
        names=None if is_default else tuple(names),
        troubles=tuple(troubles),
    )


def found(text: str, careers: Iterable[Career], chains: dict[str, str]) -> str | None:
    """Key of the career that a text means: its name, a part of it, its letters."""
    wanted, part = text.casefold(), slugify(text)
    careers = list(careers)  # most races first
    for is_meant in (
        lambda c: c.name.casefold() == wanted or c.slug == part,
        lambda c: c.key in (chains.get(text.lower()), chains.get(part)),
        lambda c: c.code.casefold() == wanted,
        lambda c: bool(part) and part in c.slug,
    ):
        if key := next((c.key for c in careers if is_meant(c)), None):
            return key
    return None


def _names(text: str) -> tuple[str, ...]:
    """Keys without gaps and repetitions; nobody asks for many more than are shown."""
    return tuple(dict.fromkeys(filter(None, text.split(","))))[: 2 * N_LINES]


def _unknown(name: str, kind: str) -> str:
    return f"No {kind} called “{name[:60]}” was ever rated."


def _year(
    query: QueryDict,
    name: str,
    default: int,
    seasons: tuple[int, int],
    troubles: list[str],
) -> int:
    text = query.get(name, "")
    if not text:
        return default
    first, last = seasons
    if text.isascii() and text.isdigit() and first <= int(text[:5]) <= last:
        return int(text[:5])
    troubles.append(f"“{text[:20]}” is no season from {first} to {last}.")
    return default


def _one_of(
    query: QueryDict, name: str, known: dict[str, str], troubles: list[str]
) -> str:
    default = next(iter(known))
    asked = query.get(name) or default
    if asked in known:
        return asked
    troubles.append(f"“{asked[:20]}” is none of {', '.join(known)}.")
    return default
