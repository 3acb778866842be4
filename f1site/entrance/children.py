"""The long-running processes of the site, each with a prefix, a log and patience."""

import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from f1site.entrance import processes
from f1site.entrance.places import ROOT
from f1site.entrance.say import paint, say

LONGEST_PAUSE = 30.0  # seconds between two attempts to restart
GOOD_LIFE = 60.0  # seconds after which a child is thought healthy again
LOG_LIMIT = 20_000_000  # bytes


@dataclass
class Child:
    name: str
    command: list[str]
    colour: int
    log: Path
    environment: Mapping[str, str]
    descriptors: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    reader: threading.Thread | None = None
    started: float = 0.0
    pause: float = 1.0
    restart_at: float | None = None
    is_quiet: bool = False

    def start(self) -> None:
        """Start in a session of its own: Ctrl-C reaches it only through us."""
        self._rotate_log()
        self.process = subprocess.Popen(  # noqa: S603 - commands are spelled out in up.py
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.descriptors,
            start_new_session=True,
        )
        self.started = time.monotonic()
        self.restart_at = None
        reader = threading.Thread(
            target=self._read, args=(self.process.stdout,), daemon=True
        )
        reader.start()
        self.reader = reader

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self) -> bool:
        """Start a dead child again, each time after a longer pause; True if it did."""
        if self.is_running() or self.process is None:
            return False
        now = time.monotonic()
        if self.restart_at is None:
            self._plan_restart(now, self.process)
        if self.restart_at is None or now < self.restart_at:
            return False
        self.start()
        return True

    def ask_to_stop(self) -> None:
        if self.is_running() and self.process:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End whatever is left of its group: pool workers outlive a killed parent."""
        if self.process is None:
            return
        processes.signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.reader:
            self.reader.join(timeout=1)

    def _plan_restart(self, now: float, dead: "subprocess.Popen[bytes]") -> None:
        processes.signal_group(dead.pid, signal.SIGKILL)
        if now - self.started > GOOD_LIFE:
            self.pause = 1.0
        self.restart_at = now + self.pause
        self._say(
            f"{self.name} ended ({_fate(dead.returncode)}); it starts again in"
            f" {self.pause:.0f} s. Its words are in {self.log}"
        )
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def _rotate_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _read(self, stream: IO[bytes]) -> None:
        prefix = paint(f"{self.name:>6} │", self.colour)
        with stream, self.log.open("ab") as log:
            for line in stream:
                log.write(line)
                log.flush()
                self._say(f"{prefix} {line.decode(errors='replace').rstrip()}")

    def _say(self, line: str) -> None:
        if not self.is_quiet:
            say(line)


def _fate(code: int) -> str:
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name
