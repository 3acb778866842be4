"""Words for the person at the terminal, and the one error that is only words."""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TextIO

BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = 1, 2, 31, 32, 33, 34, 35, 36


class Trouble(Exception):
    """Something the person can mend; the text says what and how."""


def say(text: str = "", *, stream: TextIO | None = None) -> None:
    """Write one line; a closed terminal or a broken pipe must not stop the work."""
    stream = stream or sys.stdout
    with contextlib.suppress(OSError, ValueError):
        stream.write(f"{text}\n")
        stream.flush()


def warn(text: str) -> None:
    say(paint(text, RED, sys.stderr), stream=sys.stderr)


def paint(text: str, colour: int, stream: TextIO | None = None) -> str:
    return f"\033[{colour}m{text}\033[0m" if _coloured(stream or sys.stdout) else text


def box(lines: Sequence[str]) -> str:
    width = max(len(line) for line in lines)
    rows = [f"│  {line.ljust(width)}  │" for line in lines]
    edge = "─" * (width + 4)
    return "\n".join([f"╭{edge}╮", *rows, f"╰{edge}╯"])


def _coloured(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")
