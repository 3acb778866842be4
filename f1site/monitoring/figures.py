"""The figures of all processes of one kind, added up from the files they leave.

Each process writes into files of its own in ``PROMETHEUS_MULTIPROC_DIR``: web processes
in one folder, workers in another, so that Prometheus, which reads both, counts nothing
twice. What a dead process counted stays counted: its files are added to one.
"""

import fcntl
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.mmap_dict import MmapedDict

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
#: What adds up; of gauges only those of the living are shown.
ADD_UP = ("counter", "histogram", "summary")
#: Process number of the file that holds what dead processes counted.
THE_DEAD = 0


def folder() -> Path | None:
    """Where the processes of this kind leave their figures; None: one process."""
    named = os.environ.get(FOLDER, "").strip()
    return Path(named) if named else None


def emptied(place: Path) -> Path:
    """The folder without anything in it, there in any case."""
    place.mkdir(parents=True, exist_ok=True)
    for found in place.iterdir():
        # A mount cannot be removed itself.
        shutil.rmtree(found) if found.is_dir() else found.unlink()
    return place


def text() -> bytes:
    """The figures as Prometheus reads them."""
    place = folder()
    if place is None:
        return generate_latest(REGISTRY)
    shared = CollectorRegistry()
    with _alone_in(place):
        _settle(place)
        multiprocess.MultiProcessCollector(shared, str(place))  # type: ignore[no-untyped-call]
        return generate_latest(shared)


def bury(pid: int) -> None:
    """Take the live gauges of a process that is gone out of the figures."""
    if place := folder():
        multiprocess.mark_process_dead(pid, str(place))  # type: ignore[no-untyped-call]


@contextmanager
def turn_to_serve() -> Iterator[None]:
    """Wait until no other process serves the figures of this folder."""
    place = folder()
    if place is None:
        yield
        return
    with (place / "served").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


# --- the dead -----------------------------------------------------------------
@contextmanager
def _alone_in(place: Path) -> Iterator[None]:
    """One reader at a time moves files; the lock ends with the process."""
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _settle(place: Path) -> None:
    """Add what dead processes counted to one file, or there would be ever more."""
    dead = [path for path in place.glob("*_*.db") if _is_dead(_pid(path))]
    for kind in ADD_UP:
        if files := [path for path in dead if path.name.startswith(f"{kind}_")]:
            _add_up(place / f"{kind}_{THE_DEAD}.db", files)
    for pid in {_pid(path) for path in dead if path.name.startswith("gauge_live")}:
        multiprocess.mark_process_dead(pid, str(place))  # type: ignore[no-untyped-call]


def _pid(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def _is_dead(pid: int) -> bool:
    if pid == THE_DEAD:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _add_up(kept: Path, files: list[Path]) -> None:
    """Write the sum beside the old file and put it in its place."""
    totals: dict[str, float] = defaultdict(float)
    for path in [kept, *files] if kept.exists() else files:
        read = MmapedDict.read_all_values_from_file(path)  # type: ignore[no-untyped-call]
        for key, value, _, _ in read:
            totals[key] += value
    fresh = kept.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    new = MmapedDict(fresh)  # type: ignore[no-untyped-call]
    for key, value in totals.items():
        new.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]
    new.close()  # type: ignore[no-untyped-call]
    for path in files:
        path.unlink()
    fresh.replace(kept)
