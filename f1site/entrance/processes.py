"""Other processes: who they are, where they live, and how to end the right ones."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def started_at(pid: int) -> str:
    """Start time in clock ticks since boot; with the pid it names one process."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return ""
    state, *fields = text.rpartition(")")[2].split()
    return "" if state == "Z" else fields[18]


def is_same(pid: int, started: str) -> bool:
    return bool(started) and started_at(pid) == started


def lives_in(pid: int, folder: Path) -> bool:
    """Whether the process works in the folder, as a database server does in its own."""
    try:
        place = os.readlink(PROC / str(pid) / "cwd")
    except OSError:
        return False
    return place == str(folder)


def living_in(folder: Path) -> list[int]:
    return [pid for pid in _all() if lives_in(pid, folder)]


def having_open(path: Path) -> list[int]:
    """Processes of ours that hold the file open."""
    return [pid for pid in _all() if _has_open(pid, str(path))]


def signal_group(pid: int, number: int) -> None:
    """Signal the group that a process leads; it may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def group_exists(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def kill_all(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _all() -> Iterator[int]:
    if PROC.is_dir():
        yield from (int(p.name) for p in PROC.iterdir() if p.name.isdigit())


def _has_open(pid: int, path: str) -> bool:
    try:
        return any(
            os.readlink(entry) == path for entry in os.scandir(PROC / str(pid) / "fd")
        )
    except OSError:
        return False
