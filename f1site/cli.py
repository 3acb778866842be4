"""What ``./run`` can do; the shell script of that name builds .venv and comes here."""

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from f1site.entrance import locks, processes, record
from f1site.entrance.foreground import foreground, python
from f1site.entrance.places import (
    FIGURES,
    MANAGE,
    ROOT,
    called_from,
    figures_of,
    var_folder,
)
from f1site.entrance.say import BOLD, Trouble, paint, say, warn
from f1site.entrance.surroundings import surroundings
from f1site.entrance.system import check_system

CLIENT_LOCK = "requirements-fastf1.lock"
WATCHING_LOCK = "requirements-watching.lock"
STOP_PATIENCE = 40.0  # seconds; the site allows its children 8 and its servers 13
HELP = """\
./run              all of it: Postgres, Redis, the record, ratings, forecasts, the site
./run test         the tests; with CI=1 also how much of the code they cover
./run test …       some tests; what follows goes to pytest
./run check …      lint, format, types, templates, imports, migrations, unsafe (ones),
                   deployment, dockerfile, compose, kubernetes, prometheus, shell, and
                   the coverage that CI=1 ./run test has counted
./run bench …      the benchmarks, or one of them by name
./run fastf1       FastF1 reads this site and must get what it gets at the source
./run fuzz         every operation of the API asked sense and nonsense
./run screenshots  every page of the running site as a picture, in var/screenshots
./run manage …     a management command, as in ./run manage shell
./run stop         stop the site and the servers of this checkout
./run status       what runs
./run doctor       what stands in the way, and what to do about it
./run upgrade      take the database over to the Postgres of this checkout
./run lock         write the lock files anew from pyproject.toml

PORT and HOST say where the site listens (8000, 127.0.0.1). With DATABASE_URL and
REDIS_URL set, those servers are used. Everything else is kept in var/."""


def main(arguments: list[str]) -> int:
    name, rest = (arguments[0], arguments[1:]) if arguments else ("up", [])
    if name in ("help", "-h", "--help"):
        say(HELP)
        return 0
    if name not in COMMANDS:
        warn(f"./run knows no {name!r}.\n\n{HELP}")
        return 2
    try:
        return COMMANDS[name](rest)
    except Trouble as trouble:
        warn(str(trouble))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        warn(f"The disk is full ({error.filename}). Free some space and start again.")
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 1


def up(rest: list[str]) -> int:
    from f1site.entrance.up import up

    _takes_nothing("up", rest)
    return up()


def manage(rest: list[str]) -> int:
    check_system()
    with surroundings() as around:
        environment = around.environment
        if record.in_charge():  # what it does is told with what the workers do
            environment = {FIGURES: str(figures_of("worker")), **environment}
        return foreground(
            python(str(MANAGE), *rest),
            environment=environment,
            descriptors=around.descriptors,
            folder=called_from(),
        )


def test(rest: list[str]) -> int:
    """The whole run is on all cores; a part of it is run as pytest is told.

    Where CI is set the whole run counts what it covers, which takes a third longer.

    The servers are the business of the pytest plugin, so that plain pytest works.
    """
    check_system()
    environment = dict(os.environ) | {"ENVIRONMENT": "test"}
    whole = ["-n", "auto", "--maxprocesses", "8"]
    if os.environ.get("CI"):
        whole += ["--cov", "--cov-report="]
    options = rest or whole
    return foreground(python("-m", "pytest", *options), environment=environment)


def check(rest: list[str]) -> int:
    from f1site.entrance.checks import check

    return check(rest)


def bench(rest: list[str]) -> int:
    check_system()
    known = [path.stem for path in sorted((ROOT / "benchmarks").glob("[!_]*.py"))]
    named = [word for word in rest[:1] if not word.startswith("-")]
    if named and named[0] not in known:
        raise Trouble(f"No benchmark {named[0]!r}. There are: {', '.join(known)}")
    worst = 0
    with surroundings() as around:
        for name in named or known:
            say(paint(f"── {name} ", BOLD) + "─" * (60 - len(name)))
            command = python("-m", f"benchmarks.{name}", *rest[len(named) :])
            code = foreground(
                command,
                environment=around.environment,
                descriptors=around.descriptors,
            )
            worst = max(worst, code)
    return worst


def fastf1(rest: list[str]) -> int:
    from f1site.entrance.fastf1 import fastf1

    return fastf1(rest)


def fuzz(rest: list[str]) -> int:
    check_system()
    with surroundings() as around:
        return foreground(
            python("-m", "f1site.testing.fuzz", *rest),
            environment=around.environment,
            descriptors=around.descriptors,
        )


def screenshots(rest: list[str]) -> int:
    from f1site.entrance.screenshots import screenshots

    return screenshots(rest)


def stop(rest: list[str]) -> int:
    from f1site.embedded import supervisor
    from f1site.embedded.state import State
    from f1site.entrance.up import stop_orphans

    _takes_nothing("stop", rest)
    stopped = _stop_site()
    stop_orphans()
    busy = 0
    for name in ("dev", "test"):
        state = State(var_folder() / name)
        running = supervisor.running(state)
        if running and not supervisor.stop_unused(state):
            pids = ", ".join(str(pid) for pid in supervisor.users(state))
            say(f"{' and '.join(running)} of {name} stay up: in use by process {pids}.")
            busy += 1
        elif running:
            say(f"{' and '.join(running)} of {name} stopped.")
            stopped = True
    if not stopped and not busy:
        say("Nothing was running.")
    return 1 if busy else 0


def _stop_site() -> bool:
    """Ask the site of this checkout to stop, and no stranger with the same pid."""
    other = record.in_charge()
    if other is None:
        return False
    os.kill(other.pid, signal.SIGTERM)
    if not locks.wait_free(record.up_lock(), STOP_PATIENCE):
        say(f"Process {other.pid} does not stop; killing it.")
        processes.kill_all([other.pid])
        locks.wait_free(record.up_lock(), 5.0)
    say(f"The site at {other.url} stopped.")
    return True


def status(rest: list[str]) -> int:
    from f1site.entrance.doctor import status

    _takes_nothing("status", rest)
    return status()


def doctor(rest: list[str]) -> int:
    from f1site.entrance.doctor import doctor

    _takes_nothing("doctor", rest)
    return doctor()


def upgrade(rest: list[str]) -> int:
    from f1site.entrance.upgrade import upgrade

    return upgrade(rest)


def lock(rest: list[str]) -> int:
    """Production first; the others are held to its versions: development, what goes
    on top where errors and traces are sent out, and the client of ./run fastf1.
    """
    _takes_nothing("lock", rest)
    compile_ = [str(Path(sys.executable).parent / "uv"), "pip", "compile", "-q"]
    compile_ += ["--universal", "--python-version", "3.11", "--generate-hashes"]
    compile_ += ["--no-emit-index-url", "--no-header"]
    held = ["-c", "requirements.lock", "--group", "dev"]
    watching = ["-c", "requirements-dev.lock", "--group", "watching"]
    for options in (
        ["pyproject.toml", "-o", "requirements.lock"],
        ["pyproject.toml", *held, "-o", "requirements-dev.lock"],
        ["pyproject.toml", *watching, "-o", WATCHING_LOCK],
        ["-c", "requirements-dev.lock", "--group", "fastf1", "-o", CLIENT_LOCK],
    ):
        if code := foreground([*compile_, *options], environment=os.environ):
            return code
    return 0


def _takes_nothing(name: str, rest: list[str]) -> None:
    if rest:
        raise Trouble(f"./run {name} takes no arguments; see ./run --help")


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "up": up,
    "test": test,
    "check": check,
    "bench": bench,
    "fastf1": fastf1,
    "fuzz": fuzz,
    "screenshots": screenshots,
    "manage": manage,
    "stop": stop,
    "status": status,
    "doctor": doctor,
    "upgrade": upgrade,
    "lock": lock,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
