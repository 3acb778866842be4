"""What Postgres and Redis share: attach, start, stop, clean up after a crash.

Every process of a running server has inherited a lock. While the lock is held some
part of the server lives, be it an orphan or in another container; once it is free,
whatever the files in the folder say about a running server is out of date.
"""

import os
import re
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import closing, suppress
from pathlib import Path
from typing import ClassVar

from f1site.embedded.account import Account
from f1site.embedded.state import State
from f1site.entrance import locks, processes
from f1site.entrance.say import Trouble

ATTEMPTS = 3
ORPHAN_PATIENCE = 10.0  # seconds for the orphans of a killed server to end
START_PATIENCE = 120.0  # seconds; recovery after a crash reads the whole log
# Locale, time zone and search path of the caller must not reach the servers.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/local/bin:/usr/bin:/bin"}
DOOR = re.compile(r"/proc/self/fd/\d+")  # how the servers see their folder under root


class Server(ABC):
    name: ClassVar[str]
    #: what to send, and how many seconds to wait for it, before killing
    stops: ClassVar[tuple[tuple[int, float], ...]]

    def __init__(self, state: State, account: Account, sockets: Path) -> None:
        self.state = state
        self.account = account
        self.sockets = sockets
        self.process: subprocess.Popen[bytes] | None = None
        self.log_start = 0

    @property
    @abstractmethod
    def folder(self) -> Path:
        """Working folder of every process of the server."""

    @property
    @abstractmethod
    def socket(self) -> Path: ...

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def answers(self) -> bool: ...

    @abstractmethod
    def spawn(self, lock: int) -> "subprocess.Popen[bytes]": ...

    @abstractmethod
    def leader(self) -> int | None:
        """The process to send signals to."""

    @property
    def lock(self) -> Path:
        return self.state.lock(self.name)

    def is_alive(self) -> bool:
        """Whether any process of the server lives; reaps our own dead child."""
        if self.process is not None:
            self.process.poll()
        return locks.is_held(self.lock)

    def ensure(self) -> bool:
        """Attach to the running server (False) or start it (True)."""
        for _ in range(ATTEMPTS):
            lock = self._claim()
            if lock is None:
                return False
            if self._start(lock):
                return True
        raise Trouble(self.explain())

    def stop(self) -> None:
        for number, patience in self.stops:
            leader = self.leader()
            if leader is not None:
                with suppress(ProcessLookupError):
                    os.kill(leader, number)
            if self._is_gone(patience):
                return
        processes.kill_all(processes.living_in(self.folder))
        if not self._is_gone(5.0):
            raise Trouble(self._held_elsewhere())

    def explain(self) -> str:
        lines = "\n".join(f"  {line}" for line in self.last_words())
        return f"{self.name} does not start. It said ({self._log}):\n{lines}"

    def last_words(self, count: int = 8) -> list[str]:
        """The end of what the server has written since this start."""
        with self._log.open("rb") as log:
            log.seek(self.log_start)
            text = log.read().decode(errors="replace")
        return DOOR.sub(lambda _: str(self.folder), text).splitlines()[-count:]

    def can_connect(self) -> bool:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as client:
            client.settimeout(2.0)
            return client.connect_ex(str(self.socket)) == 0

    def run(
        self, command: list[str], folder: Path, descriptors: tuple[int, ...]
    ) -> "subprocess.Popen[bytes]":
        """Start a program of the server in its own session, out of reach of Ctrl-C."""
        log = self.state.open_log(self.name)
        self.log_start = os.fstat(log).st_size
        try:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=descriptors,
                start_new_session=True,
                umask=0o077,
                **self.account.popen_options(),
            )
        finally:
            os.close(log)

    @property
    def _log(self) -> Path:
        return self.state.log(self.name)

    def _claim(self) -> int | None:
        """The lock of a server that is not running; None when one answers."""
        for _ in range(2):
            deadline = time.monotonic() + ORPHAN_PATIENCE
            while time.monotonic() < deadline:
                if self.answers():
                    return None
                lock = locks.try_take(self.lock)
                if lock is not None:
                    return lock
                time.sleep(0.05)
            processes.kill_all(processes.living_in(self.folder))
        raise Trouble(self._held_elsewhere())

    def _start(self, lock: int) -> bool:
        try:
            self.process = self.spawn(lock)
        finally:
            os.close(lock)
        deadline = time.monotonic() + START_PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.answers():
                return True
            time.sleep(0.02)
        processes.signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return False

    def _is_gone(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _held_elsewhere(self) -> str:
        return (
            f"{self.folder} is in use by a {self.name} that does not answer and that"
            " this machine does not show; is the checkout open in another container?"
            " Stop it there."
        )
