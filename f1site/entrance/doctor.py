"""``./run doctor`` and ``./run status``: how things stand, and what to do about it."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from f1site.embedded import binaries, supervisor
from f1site.embedded.account import account_for
from f1site.embedded.postgres import ROOM, Postgres, disk_full
from f1site.embedded.state import State
from f1site.entrance import record, symptoms
from f1site.entrance.address import from_environment
from f1site.entrance.places import ROOT, newest_backup, var_folder
from f1site.entrance.say import GREEN, RED, Trouble, paint, say
from f1site.entrance.surroundings import NAMES
from f1site.entrance.system import check_system

VERSIONS = ((3, 11), (3, 12))
SETS = ("dev", "test")
INDENT = "\n" + " " * 20


def doctor() -> int:
    """Look at everything; exit 1 where something stands in the way."""
    problems = sum(not _report(name, probe) for name, probe in _probes().items())
    say(f"\nProblems: {problems}" if problems else "\nNothing stands in the way.")
    return 1 if problems else 0


def status() -> int:
    say(f"site  {_site()}")
    for name in SETS:
        say(f"{name:<5} {_servers(name)}")
    return 0


def _report(name: str, probe: Callable[[], str]) -> bool:
    try:
        word, text, good = paint("ok     ", GREEN), probe(), True
    except (Trouble, OSError) as error:
        word, text, good = paint("problem", RED), str(error), False
    say(f"{word}  {name:<10} {text.replace(chr(10), INDENT)}")
    return good


def _probes() -> dict[str, Callable[[], str]]:
    return {
        "python": _python,
        "libraries": _libraries,
        "lock file": _lock_file,
        "folder": _folder,
        "disk": _disk,
        "postgres": lambda: str(binaries.postgres_folder()),
        "redis": lambda: str(binaries.redis_program()),
        "data": _data,
        "servers": lambda: ", ".join(f"{name}: {_servers(name)}" for name in SETS),
        "leftovers": _leftovers,
        "port": _port,
        "settings": _settings,
        "named": symptoms.named_servers,
        "clock": symptoms.clock,
        "more ports": symptoms.other_ports,
        "browser": symptoms.browser,
        "backup": _backup,
        "health": symptoms.health,
        "errors": symptoms.last_errors,
    }


def _python() -> str:
    if sys.version_info[:2] not in VERSIONS:
        raise Trouble("Python 3.11 or 3.12 is needed. Remove .venv and start ./run.")
    return sys.version.split()[0]


def _libraries() -> str:
    check_system()
    return "libgomp is there"


def _lock_file() -> str:
    if not (ROOT / ".venv" / "f1-stamp").exists():
        raise Trouble("The environment is not the one ./run builds; start ./run.")
    return "the environment matches requirements-dev.lock"


def _folder() -> str:
    folder = _existing(var_folder())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Trouble(f"{folder} is not writable; start as its owner or set VAR_DIR.")
    return f"{var_folder()} is writable"


def _disk() -> str:
    folder = _existing(var_folder())
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise Trouble(disk_full(folder))
    return f"{free / 1e9:.1f} GB free"


def _data() -> str:
    state = State(var_folder() / "dev")
    if not state.data.exists():
        return "none yet; ./run makes it"
    account = account_for(state.data)
    Postgres(state, account, Path()).check_data()
    return f"{state.data}, Postgres {binaries.postgres_major()}"


def _servers(name: str) -> str:
    state = State(var_folder() / name)
    names = supervisor.running(state)
    users = " ".join(str(pid) for pid in supervisor.users(state)) or "nobody"
    return f"{' and '.join(names)} up, used by {users}" if names else "down"


def _leftovers() -> str:
    idle = [
        name
        for name in SETS
        if supervisor.running(state := State(var_folder() / name))
        and not supervisor.users(state)
    ]
    if idle or record.orphans():
        raise Trouble(
            f"A killed ./run left processes behind ({', '.join(idle) or 'web'})."
            " They are taken over by the next command, or ended by ./run stop."
        )
    return "none"


def _port() -> str:
    if record.in_charge():
        return _site()
    address = from_environment()
    address.check_free()
    return f"{address.port} is free"


def _site() -> str:
    other = record.in_charge()
    if other is None:
        return "not up"
    return f"{'up' if other.ready else 'starting'} at {other.url} (process {other.pid})"


def _settings() -> str:
    given = [name for name in NAMES if os.environ.get(name)]
    if not given:
        return "own Postgres and Redis"
    return f"{' and '.join(given)} set: those servers are used instead of our own"


def _backup() -> str:
    found = newest_backup()
    return f"the newest is {found}" if found else "none yet: ./run manage backup"


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)
