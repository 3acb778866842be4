"""The embedded Postgres of one state folder."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import ClassVar

from f1site.embedded import binaries
from f1site.embedded.account import door_to
from f1site.embedded.server import Server
from f1site.entrance import processes
from f1site.entrance.say import Trouble

ROLE = DATABASE = "f1"
PORT = 5432  # only part of the socket's name
ROOM = 300_000_000  # bytes a new database folder needs, with its first log files
DISK_FULL = "No space left on device"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "jit": "off",
}
# A test run starts from nothing: what a power cut loses is not worth waiting for.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
INITDB = [
    f"--username={ROLE}",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
]


class Postgres(Server):
    name: ClassVar[str] = "postgres"
    # fast shutdown, then immediate
    stops: ClassVar[tuple[tuple[int, float], ...]] = (
        (signal.SIGINT, 10.0),
        (signal.SIGQUIT, 3.0),
    )

    @property
    def folder(self) -> Path:
        return self.state.data

    @property
    def socket(self) -> Path:
        return self.sockets / f".s.PGSQL.{PORT}"

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@/{DATABASE}?host={self.sockets}"

    @property
    def major(self) -> str:
        """The version that reads the data."""
        return binaries.postgres_major()

    def programs(self) -> Path:
        return binaries.postgres_for(self.account)

    def made_by(self) -> str:
        """The version that made the data; nothing where there are none."""
        version = self.folder / "PG_VERSION"
        return version.read_text().strip() if version.exists() else ""

    def answers(self) -> bool:
        return self._note(7) == "ready" and self.can_connect()

    def leader(self) -> int | None:
        pid = int(self._note(0) or 0)
        return pid if pid and processes.lives_in(pid, self.folder) else None

    def spawn(self, lock: int) -> "subprocess.Popen[bytes]":
        self.check_data()
        programs = self.programs()
        if not self.folder.exists():
            self._create(programs, lock)
        self._forget_the_dead()
        with door_to(self.folder, self.account) as (path, passed):
            command = [str(programs / "bin" / "postgres"), "-D", path]
            for key, value in self._settings().items():
                command += ["-c", f"{key}={value}"]
            return self.run(command, self.folder, (lock, *passed))

    def explain(self) -> str:
        said = super().explain()
        # On a full disk the log may have lost the very line that says so.
        if DISK_FULL in said or _free(self.state.folder) < ROOM // 100:
            return disk_full(self.state.folder)
        if not self.folder.exists():
            return said
        return (
            f"{said}\nIf the database folder is broken, move it away and start again,"
            f" ./run builds a new one:\n  mv '{self.folder}' '{self.folder}.broken'"
        )

    def _settings(self) -> dict[str, str]:
        careless = {} if self.state.durable else CARELESS
        return SETTINGS | {"unix_socket_directories": str(self.sockets)} | careless

    def _note(self, line: int) -> str:
        """A line of postmaster.pid: 0 the process, 7 whether it takes connections."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return ""
        return lines[line].strip() if len(lines) > line else ""

    def check_data(self) -> None:
        """Refuse data of another user or version, and a folder that is no database."""
        if not self.folder.exists():
            return
        if self.folder.stat().st_uid != self.account.uid:
            raise Trouble(
                f"{self.folder} belongs to another user: ./run was started as that one"
                f" before (root?). Do so again, or remove {self.state.folder}."
            )
        major = self.made_by()
        if major and major != self.major:
            raise Trouble(
                f"{self.folder} was made by Postgres {major}; this checkout brings"
                f" {self.major}, which cannot read it. Take it over with:\n"
                f"  ./run upgrade\n"
                f"or move it away and ./run builds a new one:\n"
                f"  mv '{self.folder}' '{self.folder}.{major}'"
            )
        if not major:
            raise Trouble(
                f"{self.folder} is not a Postgres database (it has no PG_VERSION)."
                " Move it away and start again; ./run then builds a new one:\n"
                f"  mv '{self.folder}' '{self.folder}.broken'"
            )

    def _create(self, programs: Path, lock: int) -> None:
        """Make the database beside its place; a killed attempt leaves no half one."""
        if _free(self.state.folder) < ROOM:
            raise Trouble(disk_full(self.state.folder))
        fresh = self.folder.with_name("pgdata.new")
        processes.kill_all(processes.living_in(fresh))
        shutil.rmtree(fresh, ignore_errors=True)
        self.account.make_folder(fresh)
        sync = [] if self.state.durable else ["--no-sync"]
        with door_to(fresh, self.account) as (path, passed):
            folder = ["-D", path]
            self._finish(
                [str(programs / "bin" / "initdb"), *folder, *INITDB, *sync],
                fresh,
                (lock, *passed),
            )
            create = f"CREATE DATABASE {DATABASE};"
            script = f'echo "{create}" | "$0" --single -D "$1" postgres'
            postgres = str(programs / "bin" / "postgres")
            self._finish(
                ["/bin/sh", "-c", script, postgres, path], fresh, (lock, *passed)
            )
        fresh.rename(self.folder)

    def _finish(
        self, command: list[str], folder: Path, descriptors: tuple[int, ...]
    ) -> None:
        if self.run(command, folder, descriptors).wait() != 0:
            raise Trouble(self.explain())

    def _forget_the_dead(self) -> None:
        """Drop what a killed server left; we hold its lock, so it does not live."""
        for file in (
            self.folder / "postmaster.pid",
            self.socket,
            self.socket.with_name(f"{self.socket.name}.lock"),
        ):
            file.unlink(missing_ok=True)


def disk_full(folder: Path) -> str:
    return (
        f"The disk that holds {folder} is full ({_free(folder) // 1_000_000} MB free;"
        f" {ROOM // 1_000_000} MB are needed). Free some space and start again."
    )


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
