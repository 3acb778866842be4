"""``./run upgrade``: take the embedded database over to the Postgres of this checkout.

Needs the programs of the old version: those that this checkout carries as well, or an
installation that is named. Without them nothing can read the old files, and the way
leads through a backup.
"""

import argparse
import contextlib
import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from f1site.embedded import binaries, supervisor
from f1site.embedded.account import Account, account_for
from f1site.embedded.postgres import DATABASE, ROLE, Postgres
from f1site.embedded.state import State
from f1site.entrance import locks
from f1site.entrance.places import newest_backup, var_folder
from f1site.entrance.say import Trouble, say


class Older(Postgres):
    """A server of another version, on data that it has made."""

    def __init__(
        self, state: State, account: Account, sockets: Path, folder: Path | None
    ) -> None:
        super().__init__(state, account, sockets)
        self._programs = folder

    @property
    def major(self) -> str:
        return self.made_by()

    def programs(self) -> Path:
        return self._programs or binaries.postgres_for(self.account, self.major)


def upgrade(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    state = State(var_folder() / "dev")
    account = account_for(state.data)
    made_by = Postgres(state, account, Path()).made_by()
    if made_by in ("", binaries.postgres_major()):
        say(f"Nothing to do: {made_by or 'there is no database yet'}.")
        return 0
    state.make()
    users = locks.try_take(state.lock("users"))
    if users is None:
        raise Trouble("The servers of this checkout are in use; first: ./run stop")
    try:
        dump = _dumped(state, account, asked.binaries, made_by)
    finally:
        os.close(users)
    old = state.data.with_name(f"{state.data.name}.{made_by}")
    state.data.rename(old)
    try:
        with supervisor.servers(state, redis=False) as lease:
            _run("pg_restore", lease.servers[0].sockets, "--exit-on-error", str(dump))
    except BaseException:
        _put_back(state, old)
        raise
    say(f"The database is one of Postgres {binaries.postgres_major()} now. Once ./run")
    say("shows what you expect, the old one may go:")
    say(f"  rm -r {shlex.quote(str(old))}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run upgrade",
        description="Take the embedded database over to the Postgres of this checkout.",
    )
    parser.add_argument(
        "--binaries",
        type=Path,
        metavar="FOLDER",
        help="an installation of the old version, such as /usr/lib/postgresql/17",
    )
    return parser


def _dumped(state: State, account: Account, folder: Path | None, major: str) -> Path:
    """Everything in the old database, written down by the new pg_dump."""
    target = var_folder() / "backups" / f"postgres-{major}-{time.time_ns()}.dump"
    target.parent.mkdir(parents=True, exist_ok=True)
    with _older(state, account, folder, major) as server:
        _run("pg_dump", server.sockets, "--format=custom", f"--file={target}")
    target.chmod(0o600)
    say(f"What Postgres {major} held is in {target}.")
    return target


@contextlib.contextmanager
def _older(
    state: State, account: Account, folder: Path | None, major: str
) -> Iterator[Older]:
    if folder and not (folder / "bin" / "postgres").exists():
        raise Trouble(f"There is no bin/postgres in {folder}.")
    server = Older(state, account, state.sockets(account), folder)
    try:
        server.programs()
    except Trouble as trouble:
        raise Trouble(_without_programs(str(trouble), state, major)) from None
    server.ensure()
    try:
        yield server
    finally:
        server.stop()


def _without_programs(why: str, state: State, major: str) -> str:
    moved = f"mv '{state.data}' '{state.data}.{major}'"
    words = (
        f"{why} Nothing else reads the old files. Install it and name it:\n"
        f"  apt-get install postgresql-{major}\n"
        f"  ./run upgrade --binaries /usr/lib/postgresql/{major}"
    )
    if backup := newest_backup():
        words += (
            f"\nOr go back to the newest backup; what came after it is lost:\n"
            f"  {moved}\n  ./run manage restore '{backup}'"
        )
    return words


def _run(program: str, sockets: Path, *options: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own programs
        [
            str(binaries.postgres_folder() / "bin" / program),
            f"--host={sockets}",
            f"--username={ROLE}",
            f"--dbname={DATABASE}",
            "--no-owner",
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"{program} failed: {done.stderr.strip()}")


def _put_back(state: State, old: Path) -> None:
    """As it was; what was half restored stays beside."""
    if state.data.exists():
        state.data.rename(state.data.with_name(f"pgdata.failed-{time.time_ns()}"))
    old.rename(state.data)
