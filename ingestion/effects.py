"""What follows from a correction above the record: told by the higher apps.

Imports go one way, so they register here what they have to say.
"""

import logging
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Effect:
    """A small table of what a correction moves, and a sentence about it."""

    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    note: str = ""


#: Runs up to its ``yield`` before the correction, and on once it is applied, within
#: a transaction that is rolled back. It must leave nothing else behind.
Comparison = Generator[None, None, Effect]
#: Takes the keys of the races that are about to be corrected.
Preview = Callable[[Collection[int]], Comparison]
#: Takes the keys of the races that were corrected, once that is certain. What it
#: answers in words is a warning for the editor.
After = Callable[[Collection[int]], Any]
#: Takes the same within the transaction of the correction, and writes along with it.
Along = Callable[[Collection[int]], None]

_previews: dict[str, Preview] = {}
_after: list[After] = []
_along: list[Along] = []
_warnings: ContextVar[list[str]] = ContextVar("warnings")


def register_preview(name: str, function: Preview) -> None:
    """Let something above the record say what a correction would do to it."""
    _previews[name] = function


def register_after(function: After) -> None:
    """Let something above the record follow a correction, or the end of one."""
    if function not in _after:
        _after.append(function)


def register_along(function: Along) -> None:
    """Let something above the record write along with a correction, or with its end."""
    if function not in _along:
        _along.append(function)


def told(races: Collection[int]) -> None:
    """Tell those above: some now, the others once the transaction is certain."""
    for function in _along:
        function(races)
    for function in _after:
        transaction.on_commit(partial(_tell, function, races))


def _tell(function: After, races: Collection[int]) -> None:
    said = function(races)
    if isinstance(said, str):
        warn(said)


def warn(words: str) -> None:
    """Warn the editor whose request this is."""
    _warnings.get([]).append(words)


@contextmanager
def heard() -> Iterator[list[str]]:
    """The warnings of what is told within the block."""
    warnings: list[str] = []
    token = _warnings.set(warnings)
    try:
        yield warnings
    finally:
        _warnings.reset(token)


class Comparisons:
    """All registered previews, on both sides of a correction."""

    def __init__(self, races: Collection[int]) -> None:
        self._running = {name: make(races) for name, make in _previews.items()}
        self._failed: dict[str, Effect] = {}
        for name, comparison in self._running.items():
            self._step(name, comparison)

    def effects(self) -> dict[str, Effect]:
        """What each has to say now that the correction is applied."""
        found = {
            name: self._failed.get(name) or self._step(name, comparison)
            for name, comparison in self._running.items()
        }
        return {name: effect or Effect() for name, effect in found.items()}

    def _step(self, name: str, comparison: Comparison) -> Effect | None:
        """One that fails must not keep an editor from correcting."""
        try:
            with transaction.atomic():
                return _next(comparison)
        except Exception:
            log.exception("the effect on %s could not be worked out", name)
            self._failed[name] = Effect(note="This could not be worked out.")
            return self._failed[name]


def _next(comparison: Comparison) -> Effect | None:
    try:
        next(comparison)
    except StopIteration as done:
        effect: Effect = done.value
        return effect
    return None
