"""What a running ``./run`` writes down, so that another one can find and stop it."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from f1site.entrance import locks, processes
from f1site.entrance.children import Child
from f1site.entrance.places import var_folder


@dataclass
class Record:
    """A running site: the process in charge, its address, its children's groups."""

    pid: int
    started: str
    url: str
    ready: bool = False
    children: list[tuple[int, str]] = field(default_factory=list)

    def note(self, children: Iterable[Child]) -> None:
        """Write down the children: each leads a group that must not outlive us."""
        pids = [child.pid for child in children if child.is_running()]
        self.children = [(pid, processes.started_at(pid)) for pid in pids]
        self.write()

    def write(self) -> None:
        path = record_file()
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        os.replace(fresh, path)


def record_file() -> Path:
    return var_folder() / "dev" / "up.json"


def up_lock() -> Path:
    """Held by the process in charge for as long as it lives."""
    return var_folder() / "dev" / "locks" / "up"


def read() -> Record | None:
    try:
        return Record(**json.loads(record_file().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def in_charge() -> Record | None:
    """The record of a site that is up at this moment."""
    record = read() if locks.is_held(up_lock()) else None
    return record if record and processes.is_same(record.pid, record.started) else None


def orphans() -> list[int]:
    """Children of a ``./run`` that was killed and could not stop them."""
    record = read()
    if record is None or processes.is_same(record.pid, record.started):
        return []
    return [pid for pid, started in record.children if processes.is_same(pid, started)]
