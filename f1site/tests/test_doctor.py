"""``./run doctor`` names what is wrong, and what to do, for faults that are planted."""

import os
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from f1site import cli
from f1site.entrance import record, symptoms
from f1site.entrance.record import Record
from f1site.entrance.say import Trouble


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    logs = tmp_path / "var" / "dev" / "logs"
    logs.mkdir(parents=True)
    return logs


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def test_the_doctor_looks_at_all_of_it(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["doctor"])
    said = capsys.readouterr().out
    for name in ("clock", "more ports", "browser", "backup", "health", "errors"):
        assert f"  {name} " in said
    assert "Postgres" in said and "Redis answers" in said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "postgresql://f1@127.0.0.1:1/f1", "does not let us in"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "does not answer"),
        ("REDIS_URL", "nonsense://x", "does not answer"),
        ("POSTGRES_PASSWORD_FILE", "/nowhere", "POSTGRES_PASSWORD_FILE is '/nowhere'"),
    ],
)
def test_servers_that_do_not_answer_are_named(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.endswith("_FILE"):
        monkeypatch.setenv("DATABASE_URL", "postgresql://f1@127.0.0.1:1/f1")
    monkeypatch.setenv(name, value)
    with pytest.raises(Trouble, match=words):
        symptoms.named_servers()


def test_a_clock_that_is_behind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    with pytest.raises(Trouble, match="is behind"):
        symptoms.clock()


def test_a_port_that_is_taken_is_told(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWER_PORT", str(taken))
    monkeypatch.setenv("WORKER_METRICS_PORT", "0")
    told = symptoms.other_ports()
    assert f"Flower: {taken} is taken, the site starts without Flower" in told
    assert "figures of the worker: off" in told
    monkeypatch.setenv("FLOWER_PORT", "many")
    with pytest.raises(Trouble, match="FLOWER_PORT is 'many'"):
        symptoms.other_ports()


def test_errors_in_logs_come_with_a_remedy(checkout: Path) -> None:
    (checkout / "web.log").write_text(
        "2026 ERROR django.request: Internal Server Error: /\nTraceback\n"
        "OSError: No space left on device\n2026 INFO f1site: well\n"
    )
    (checkout / "worker.log").write_text('{"event": "odd", "level": "error"}\n')
    (checkout / "beat.log").write_text("2026 WARNING beat: late\n")
    told = symptoms.last_errors()
    assert "free some space" in told
    assert f"the whole story is in {checkout / 'worker.log'}" in told
    assert "beat" not in told


class Ill(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"""{"checks": {"database": {"status": "ok"},
            "worker": {"status": "silent"}, "migrations": {"status": "pending"},
            "queues": {"status": "unserved", "unserved": ["default", "long"]}}}"""
        self.send_response(503)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


def test_a_site_that_is_ill_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Ill) as server:
        url = "http://{}:{}/".format(*server.server_address[:2])
        Thread(target=server.serve_forever, daemon=True).start()
        site = Record(os.getpid(), "", url, ready=True)
        monkeypatch.setattr(record, "in_charge", lambda: site)
        with pytest.raises(Trouble) as told:
            symptoms.health()
        server.shutdown()
    assert "No worker gives a sign of life" in str(told.value)
    assert "./run manage migrate" in str(told.value)
    assert "No worker serves default, long" in str(told.value)
