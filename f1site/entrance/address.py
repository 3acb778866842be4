"""The address the site is served at."""

import errno
import os
import socket
from contextlib import suppress
from dataclasses import dataclass

from f1site.entrance.say import Trouble

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - shown, not bound


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def bind(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def reachable(self) -> "Address":
        """Where a browser on this machine finds it."""
        return Address(EVERYWHERE.get(self.host, self.host), self.port)

    @property
    def url(self) -> str:
        return f"http://{self.reachable.bind}/"

    def try_to_bind(self) -> None:
        family, kind, protocol, _, place = socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)

    def check_free(self) -> None:
        try:
            self.try_to_bind()
        except OSError as error:
            why = error.strerror or str(error)
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise Trouble(f"HOST {self.host} cannot be used: {why}.") from None
            raise Trouble(
                f"Port {self.port} on {self.host} cannot be used ({why}). Stop the"
                " program that has it, or take another port:\n"
                f"  PORT={self._free_port()} ./run"
            ) from None

    def _free_port(self) -> int:
        first = max(self.port + 1, 8001)
        for port in range(first, min(first + 50, 65536)):
            with suppress(OSError):
                Address(self.host, port).try_to_bind()
                return port
        return 8001


def from_environment() -> Address:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Trouble(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return Address(os.environ.get("HOST") or "127.0.0.1", int(text))
