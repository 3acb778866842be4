"""The embedded Redis of one state folder: a broker and a cache, nothing to keep."""

import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from typing import ClassVar

from f1site.embedded import binaries
from f1site.embedded.server import Server
from f1site.entrance import processes

#: A run of the tests takes one, and one more for each of its workers.
DATABASES = 128
OPTIONS = "--port 0 --appendonly no --unixsocketperm 700".split()
OPTIONS += ["--databases", str(DATABASES), "--save", ""]


class Redis(Server):
    name: ClassVar[str] = "redis"
    stops: ClassVar[tuple[tuple[int, float], ...]] = ((signal.SIGTERM, 5.0),)

    @property
    def folder(self) -> Path:
        return self.state.redis

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def answers(self) -> bool:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as client:
            client.settimeout(2.0)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def leader(self) -> int | None:
        return next(iter(processes.living_in(self.folder)), None)

    def spawn(self, lock: int) -> "subprocess.Popen[bytes]":
        if not self.folder.exists():
            self.account.make_folder(self.folder)
        self.socket.unlink(missing_ok=True)
        command = [str(binaries.redis_for(self.account)), *OPTIONS]
        command += ["--unixsocket", str(self.socket)]
        return self.run(command, self.folder, (lock,))
