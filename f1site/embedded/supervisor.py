"""Who uses the servers, and who is the last to leave.

Every user holds the lock ``users`` shared, and passes it on to its children. Whoever
can take it alone afterwards was the last one, and stops the servers while newcomers
wait. The kernel drops the lock of a killed user, so nothing has to be counted.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from f1site.embedded import binaries
from f1site.embedded.account import account_for
from f1site.embedded.postgres import Postgres
from f1site.embedded.redis import Redis
from f1site.embedded.server import Server
from f1site.embedded.state import State
from f1site.entrance import locks, processes


@dataclass(frozen=True)
class Lease:
    """The right to use the servers; children inherit it through ``descriptor``."""

    state: State
    servers: tuple[Server, ...]
    descriptor: int

    def environment(self) -> dict[str, str]:
        """Addresses for children; psql, as dbshell calls it, reads PGHOST."""
        urls = {_VARIABLES[server.name]: server.url for server in self.servers}
        sockets = {"PGHOST": str(self.servers[0].sockets)}
        return urls | (sockets if "DATABASE_URL" in urls else {})

    def revive(self) -> list[str]:
        """Start again what has died under us; returns the names."""
        dead = [server for server in self.servers if not server.is_alive()]
        if not dead:
            return []
        with locks.held(self.state.lock("start")):
            return [server.name for server in dead if server.ensure()]

    def release(self) -> None:
        """Let go, and stop the servers when nobody else uses them."""
        os.close(self.descriptor)
        stop_unused(self.state)


_VARIABLES = {Postgres.name: "DATABASE_URL", Redis.name: "REDIS_URL"}


def acquire(state: State, *, postgres: bool = True, redis: bool = True) -> Lease:
    """Attach to the servers of a state folder, starting what does not run."""
    state.make()
    users = state.lock("users")
    descriptor = locks.take(users, shared=True)
    try:
        with locks.held(state.lock("start")):
            servers = all_servers(state)
            wanted = {Postgres.name: postgres, Redis.name: redis}
            chosen = tuple(server for server in servers if wanted[server.name])
            for server in chosen:
                server.ensure()
    except BaseException:
        os.close(descriptor)
        stop_unused(state)
        raise
    return Lease(state, chosen, descriptor)


@contextmanager
def servers(
    state: State, *, postgres: bool = True, redis: bool = True
) -> Iterator[Lease]:
    lease = acquire(state, postgres=postgres, redis=redis)
    try:
        yield lease
    finally:
        lease.release()


def stop_unused(state: State) -> bool:
    """Stop the servers unless somebody uses them; returns whether they are down."""
    descriptor = locks.try_take(state.lock("users"))
    if descriptor is None:
        return False
    try:
        servers = all_servers(state)
        for server in servers:
            if server.is_alive():
                server.stop()
        shutil.rmtree(servers[0].sockets, ignore_errors=True)
    finally:
        os.close(descriptor)
    return True


def all_servers(state: State) -> tuple[Server, ...]:
    account = account_for(state.data)
    sockets = state.sockets(account)
    return Postgres(state, account, sockets), Redis(state, account, sockets)


def running(state: State) -> list[str]:
    """Names of the servers that run, without touching anything."""
    return [name for name in _VARIABLES if locks.is_held(state.lock(name))]


def users(state: State) -> list[int]:
    return processes.having_open(state.lock("users"))


def program_folder() -> str:
    """Where psql and pg_dump are, for the search path of a management command."""
    return str(binaries.postgres_folder() / "bin")
