"""``./run up``: servers, preparation, all programs of the site, until told to stop."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from f1site.entrance import flower, locks, processes, programs, record
from f1site.entrance.address import Address, from_environment
from f1site.entrance.children import Child
from f1site.entrance.foreground import python
from f1site.entrance.interrupts import Interrupts, interrupts
from f1site.entrance.places import (
    FIGURES,
    MANAGE,
    ROOT,
    figures_of,
    make_folder,
    var_folder,
)
from f1site.entrance.record import Record
from f1site.entrance.say import BLUE, CYAN, GREEN, MAGENTA, YELLOW, Trouble, box, say
from f1site.entrance.surroundings import Surroundings, surroundings
from f1site.entrance.system import check_system

GRACE = 8.0  # seconds for requests and tasks in hand; what is cut off is done again
HEALTH = "/health/live"
HEALTH_PATIENCE = 90.0  # seconds for the first answer
PROBE_TIMEOUT = 5.0  # seconds
TICK = 0.5  # seconds between two looks at the children
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}
NONE: dict[str, str] = {}
SHOW_CURSOR = "\033[?25h"


def up() -> int:
    make_folder(record.up_lock().parent)
    lock = locks.try_take(record.up_lock())
    if lock is None:
        return _say_already_up()
    with interrupts() as signals:
        try:
            _run(signals)
        except KeyboardInterrupt:
            say("Stopped; nothing is left running.")
        finally:
            record.record_file().unlink(missing_ok=True)
            os.close(lock)
    return 0


def _say_already_up() -> int:
    other = record.in_charge()
    if other is None or not other.ready:
        raise Trouble(
            "Another ./run of this checkout is starting or stopping right now."
            " Wait for it, or end it with ./run stop."
        )
    say(f"The site of this checkout is up already: {other.url} (process {other.pid})")
    say("Stop it with ./run stop, or with Ctrl-C where it was started.")
    return 0


def _run(signals: Interrupts) -> None:
    stop_orphans()
    check_system()
    address = from_environment()
    address.check_free()
    watch = flower.address()
    mine = Record(os.getpid(), processes.started_at(os.getpid()), address.url)
    mine.write()
    began = time.monotonic()
    with surroundings() as around, signals.disarmed_at_exit():
        told = f"  {'Start Postgres and Redis':<32} {time.monotonic() - began:6.1f} s"
        say(f"{told}   {around.servers}")
        prepare(around)
        site = children(around, address, watch)
        try:
            serve(site, around, mine, welcome(address, watch))
        finally:
            signals.armed = False
            stop(site, signals)


def stop_orphans() -> None:
    """End web, workers and beat of a ``./run`` that was itself killed with kill -9."""
    groups = record.orphans()
    for pid in groups:
        processes.signal_group(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    # The leader may go before its workers, which hold the port.
    while any(processes.group_exists(pid) for pid in groups):
        if time.monotonic() > deadline:
            return
        time.sleep(0.02)


def prepare(around: Surroundings) -> None:
    """Migrate, load, rate, train and forecast: the command tells its steps itself.

    What it does is the first that is told of the work of the workers.
    """
    emptied(figures_of("worker"))
    child = subprocess.Popen(  # noqa: S603 - our own command
        python(str(MANAGE), "prepare"),
        cwd=ROOT,
        env=around.environment | UNBUFFERED | counts("worker"),
        pass_fds=around.descriptors,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = child.wait()
    except KeyboardInterrupt:
        # It dies at once; the database rolls back what was not finished.
        processes.signal_group(child.pid, signal.SIGKILL)
        child.wait()
        if sys.stdout.isatty():
            say(SHOW_CURSOR)
        raise
    if code != 0:
        raise Trouble(
            f"Preparing the site failed (exit {code}); the reason stands above. Once"
            " it is mended, ./run takes up where it stopped; ./run doctor may help."
        )


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def counts(kind: str) -> dict[str, str]:
    """Where processes of a kind count; Flower would count among the workers."""
    return {FIGURES: str(make_folder(figures_of(kind)))}


def children(
    around: Surroundings, address: Address, watch: Address | None
) -> list[Child]:
    environment = around.environment | UNBUFFERED
    needs = programs.needs_of_worker(environment)
    logs = make_folder(var_folder() / "dev" / "logs")

    def child(
        name: str, colour: int, command: Sequence[str], more: dict[str, str] = NONE
    ) -> Child:
        started = python("-m", *command)
        log, given = logs / f"{name}.log", environment | more
        return Child(name, started, colour, log, given, around.descriptors)

    def worker(name: str, colour: int, kind: tuple[str, ...]) -> Child:
        command = programs.of_worker(kind, f"f1-{name}")
        return child(name, colour, command, needs | counts("worker"))

    site = [
        child("web", BLUE, (*programs.WEB, "--bind", address.bind), counts("web")),
        worker("worker", MAGENTA, programs.TICKS),
        worker("long", CYAN, programs.LONG),
        child("beat", YELLOW, programs.BEAT),
    ]
    if watch is not None:
        site.append(child("flower", GREEN, programs.FLOWER, flower.environment(watch)))
    return site


def serve(
    site: Sequence[Child], around: Surroundings, mine: Record, words: str
) -> None:
    web, *others = site
    web.start()
    mine.note(site)
    wait_for_first_answer(web, mine.url)
    for child in others:
        child.start()
    mine.ready = True
    mine.note(site)
    say(words)
    while True:
        time.sleep(TICK)
        for name in around.revive():
            say(f"{name} had died and was started again.")
        restarted = [child for child in site if child.tend()]
        if restarted:
            mine.note(site)


def wait_for_first_answer(web: Child, url: str) -> None:
    deadline = time.monotonic() + HEALTH_PATIENCE
    while not answers(url):
        if not web.is_running() or time.monotonic() > deadline:
            web.kill()
            raise Trouble(
                f"The web server did not start. The whole log is {web.log}; its last"
                " words stand above."
            )
        time.sleep(0.2)


def answers(url: str) -> bool:
    place = urlsplit(url).netloc
    client = http.client.HTTPConnection(place, timeout=PROBE_TIMEOUT)
    try:
        client.request("GET", HEALTH)
        return client.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()


def welcome(address: Address, watch: Address | None) -> str:
    looked_into = [flower.welcome(watch)] if watch else []
    return box(
        [
            f"The site is up: {address.url}",
            "",
            f"Admin   {address.url}admin/ (new accounts: ./run manage create_admin)",
            f"API     {address.url}api/docs/",
            *looked_into,
            "Stop    Ctrl-C here, or ./run stop",
        ]
    )


def stop(site: Sequence[Child], signals: Interrupts) -> None:
    """Ask everybody at once, wait a while (a second Ctrl-C ends that), then kill."""
    say("\nStopping web, workers and beat … (Ctrl-C again hastens)")
    for child in site:
        child.ask_to_stop()
    deadline = time.monotonic() + GRACE
    while any(child.is_running() for child in site):
        if signals.impatient or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    for child in site:
        child.kill()
