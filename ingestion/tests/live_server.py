"""A source on loopback that answers as it should, and misbehaves on demand."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Body = bytes
#: Answers path and query; None: there is no such thing.
Good = Callable[[str, dict[str, str]], Body | None]
#: Does something else with a request than to send the body that is due.
Fault = Callable[["Exchange", Body], None]


@dataclass
class Asked:
    """One request, as the server saw it."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer."""

    server: "Server"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        asked = Asked(parts.path, query, dict(self.headers), time.monotonic())
        source = self.server.source
        source.asked.append(asked)
        good = source.good(parts.path.lstrip("/"), query)
        fault = source.next_fault(parts.path)
        if fault:
            fault(self, good or b"")
        elif good is None:
            self.say(b'{"detail":"Not found."}', status=404)
        else:
            self.say(good)

    def say(self, body: Body, *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        sent = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (sent | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing in the output of the tests."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    source: "LiveServer"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what the tests are about."""


@dataclass
class LiveServer:
    """``faults`` are used up in turn by requests whose path has their word in it."""

    good: Good
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, fault: Fault, *, times: int = 1, word: str = "") -> None:
        self.faults += [(word, fault)] * times

    def next_fault(self, path: str) -> Fault | None:
        with self.lock:
            for place, (word, fault) in enumerate(self.faults):
                if word in path:
                    del self.faults[place]
                    return fault
        return None


@contextmanager
def serving(good: Good) -> Iterator[LiveServer]:
    httpd = Server(("127.0.0.1", 0), Exchange)
    httpd.source = LiveServer(good, f"http://127.0.0.1:{httpd.server_port}/")
    thread = threading.Thread(
        target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield httpd.source
    finally:
        httpd.shutdown()
        httpd.server_close()
