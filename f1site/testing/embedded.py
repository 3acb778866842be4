"""A pytest plugin: servers of our own for the run, and no way out to the network.

It is named in ``addopts``, because a conftest comes after pytest-django has read the
settings. Workers of pytest-xdist inherit the addresses from the environment.
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from f1site.testing.network import Guard

ROOT = Path(__file__).resolve().parents[2]
HOLDER = [sys.executable, "-m", "f1site.testing.servers"]

_guard: pytest.StashKey["Guard"] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, None, None]:
    os.environ["ENVIRONMENT"] = "test"
    if not os.environ.get("DATABASE_URL"):
        _start_servers(early_config)
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _take_own_redis(int(worker.removeprefix("gw")))
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    from f1site.testing.network import Guard

    guard = config.stash[_guard] = Guard()
    guard.close()
    config.add_cleanup(guard.open)


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> Generator[None, None, None]:
    """Fail the test that tried, also where its code swallowed the refusal."""
    guard = request.config.stash[_guard]
    guard.attempts.clear()
    yield
    if guard.attempts:
        pytest.fail(f"the test tried to reach {', '.join(guard.attempts)}")


def _take_own_redis(worker: int) -> None:
    """Workers share a server, but nothing in it: pytest-django parts their Postgres."""
    url, found, database = os.environ["REDIS_URL"].partition("?db=")
    if found and url.startswith("unix://"):
        os.environ["REDIS_URL"] = f"{url}?db={int(database) + 1 + worker}"


def _start_servers(config: pytest.Config) -> None:
    holder = subprocess.Popen(  # noqa: S603 - our own module
        HOLDER,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests; the servers go last
    )

    def let_go() -> None:
        holder.communicate()  # closes its input

    config.add_cleanup(let_go)
    said = json.loads((holder.stdout and holder.stdout.readline()) or "{}")
    if "DATABASE_URL" not in said:
        raise pytest.UsageError(said.get("trouble", "the test servers do not start"))
    os.environ.update(said)
