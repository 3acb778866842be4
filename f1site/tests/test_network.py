"""Tests use no network: whoever tries is stopped, and told."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from f1site.entrance.places import ROOT
from f1site.testing.network import Guard, is_local

SWALLOWS = """
import socket

def fetch():
    try:
        return socket.create_connection(("192.0.2.1", 80), timeout=1)
    except Exception:
        return None

def test_source_is_away():
    try:
        fetch()
    except BaseException:
        pass

def test_nothing_happens():
    pass
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", ""])
def test_this_machine_is_near(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "api.example.org"])
def test_everything_else_is_far(host: str) -> None:
    assert not is_local(host)


def test_connections_and_look_ups_are_refused_while_the_door_is_closed() -> None:
    guard = Guard()
    guard.close()
    try:
        with pytest.raises(pytest.fail.Exception, match="tried to reach api"):
            socket.getaddrinfo("api.example.org", 443)
        with socket.socket() as client, pytest.raises(pytest.fail.Exception):
            client.connect(("192.0.2.1", 80))
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        with datagrams as client, pytest.raises(pytest.fail.Exception):
            client.sendto(b"?", ("192.0.2.1", 53))
    finally:
        guard.open()
    assert guard.attempts == ["api.example.org", "192.0.2.1", "192.0.2.1"]


def test_a_test_that_hides_its_attempt_fails_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "test_source.py").write_text(SWALLOWS)
    options = ["-q", "-p", "f1site.testing.embedded", "-p", "no:django"]
    options += ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path)]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the test tried to reach 192.0.2.1" in result.stdout
    assert "2 passed, 1 error" in result.stdout
