"""The closed door to the network: tests may talk to this machine and nobody else."""

import ipaddress
import socket
from typing import Any

import pytest

LOCAL_NAMES = {"", "localhost"}


class Guard:
    """Refuses connections and name look-ups that leave the machine, and counts them.

    The refusal is pytest's own outcome, no ``Exception``: code that turns every error
    of a source into "unavailable" must not turn this one into a passed test.
    """

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._patch = pytest.MonkeyPatch()

    def close(self) -> None:
        for name in ("connect", "connect_ex", "sendto"):
            self._patch.setattr(socket.socket, name, self._guarded(name))
        self._patch.setattr(socket, "getaddrinfo", self._look_up)

    def open(self) -> None:
        self._patch.undo()

    def _guarded(self, name: str) -> Any:
        real = getattr(socket.socket, name)

        def guarded(this: socket.socket, *arguments: Any) -> Any:
            if this.family in (socket.AF_INET, socket.AF_INET6):
                self._check(arguments[-1][0])
            return real(this, *arguments)

        return guarded

    @property
    def _look_up(self) -> Any:
        real = socket.getaddrinfo

        def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
            if not _is_number(_text(host)):
                self._check(host)
            return real(host, *arguments, **options)

        return look_up

    def _check(self, host: object) -> None:
        name = _text(host)
        if not is_local(name):
            self.attempts.append(name)
            pytest.fail(f"a test tried to reach {name}; tests use no network")


def is_local(host: str) -> bool:
    if not _is_number(host):
        return host.lower() in LOCAL_NAMES
    address = ipaddress.ip_address(host.partition("%")[0])
    return address.is_loopback or address.is_unspecified


def _is_number(host: str) -> bool:
    """Whether it is an address already, so that nobody is asked about it."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _text(host: object) -> str:
    return host.decode() if isinstance(host, bytes) else str(host or "")
