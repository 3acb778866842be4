"""The pool of connections: what it tells, also of several processes together."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from f1site.entrance.checks import production
from f1site.monitoring import figures

#: Two threads of a process that has one connection, each of them for a while.
LOAD = """
import threading, django
django.setup()
from django.db import close_old_connections, connection
from f1site.tests.test_pool import shown

def ask():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.8)")
        seen.append(shown("f1_database_pool_connections", state="used"))
    close_old_connections()

seen = []
threads = [threading.Thread(target=ask) for _ in range(2)]
for one in threads:
    one.start()
for one in threads:
    one.join()
seen.append(shown("f1_database_pool_connections", state="used"))
print(seen)
"""


def shown(name: str, **labels: str) -> float:
    """A figure of all processes that leave theirs in the folder."""
    (value,) = (
        sample.value
        for family in text_string_to_metric_families(figures.text().decode())
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    )
    return value


def test_who_waits_for_a_connection_is_counted_in_every_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(figures.FOLDER, str(tmp_path))
    one_each = {
        "DATABASE_POOL_SIZE": "1",
        "DATABASE_MAX_OVERFLOW": "0",
        "DATABASE_PROCESSES": "1",
        "DJANGO_SETTINGS_MODULE": "f1site.settings",
    }
    command = [sys.executable, "-c", LOAD]
    environment = os.environ | production(os.environ) | one_each

    for n in (1, 2):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        )

        assert done.stdout == "[1.0, 1.0, 0.0]\n"
        waited_s = shown("f1_database_pool_wait_seconds_total")
        assert n * 0.7 < waited_s < n * 3
        assert shown("f1_database_pool_timeouts_total") >= n
        assert shown("f1_database_pool_waits_total") >= n * 2
