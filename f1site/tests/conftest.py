"""What tests of health and metrics share."""

import socket

import pytest
from django.db import connection


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens where the database should be."""
    params = {"host": "127.0.0.1", "port": free_port(), "dbname": "f1"}
    monkeypatch.setattr(connection, "get_connection_params", lambda: params)
