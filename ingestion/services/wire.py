"""One request on the wire, within limits of time and size."""

import json
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx

MOST_SHOWN = 150
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class CutError(Exception):
    """No whole answer came; another attempt may bring one."""


class UnreadableError(Exception):
    """An answer that nobody should read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, what matters of the headers, and the body."""

    status: int
    content: bytes
    retry_after: str = ""
    location: str = ""

    @property
    def detail(self) -> str:
        """What an error says of itself, in a line."""
        with suppress(ValueError, TypeError, KeyError):
            return str(json.loads(self.content)["detail"])[:MOST_SHOWN]
        text = self.content[:MOST_SHOWN].decode(errors="replace")
        return " ".join(text.split())

    def without(self, secrets: Iterable[str]) -> "Reply":
        """The same, where a server repeats a secret in its answer."""
        content = self.content
        for secret in filter(None, secrets):
            content = content.replace(secret.encode(), b"***")
        return replace(self, content=content)


@dataclass
class _Line:
    """The connection of a request, which a clock may cut."""

    sockets: list[socket.socket] = field(default_factory=list)
    is_cut: bool = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        if event in (
            "connection.connect_tcp.complete",
            "connection.start_tls.complete",
        ):
            self.sockets.append(info["return_value"].get_extra_info("socket"))

    def cut(self) -> None:
        self.is_cut = True
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@cache
def _trust() -> ssl.SSLContext:
    """Whom to believe on the other side; slow to read, so read once."""
    return httpx.create_ssl_context()


@contextmanager
def _cut_after(seconds: float) -> Iterator[_Line]:
    """Time-outs begin anew with every byte; a server that dribbles meets this one."""
    line = _Line()
    timer = threading.Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()


def send(
    url: httpx.URL, *, agent: str, timeout_s: float, deadline_s: float, most_bytes: int
) -> Reply:
    """Ask once, follow nothing; the body is read up to ``most_bytes``, unpacked."""
    headers = {
        "User-Agent": agent,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    }
    with _cut_after(deadline_s) as line:
        try:
            with (
                httpx.Client(
                    headers=headers, timeout=timeout_s, verify=_trust()
                ) as client,
                client.stream("GET", url, extensions={"trace": line.trace}) as response,
            ):
                content = _read(response, most_bytes)
        except httpx.HTTPError as error:
            raise CutError(_reason(error, line, deadline_s)) from None
        if line.is_cut:  # an end that looks like the end of the body
            raise CutError(f"took longer than {deadline_s:g} s")
    get = response.headers.get
    return Reply(
        response.status_code, content, get("Retry-After", ""), get("Location", "")
    )


def _read(response: httpx.Response, most_bytes: int) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > most_bytes:
            raise UnreadableError(f"sends more than {most_bytes / 10**6:g} MB")
    return bytes(content)


def _reason(error: httpx.HTTPError, line: _Line, deadline_s: float) -> str:
    if line.is_cut:
        return f"took longer than {deadline_s:g} s"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
