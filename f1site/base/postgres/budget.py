"""How the connections of the database are divided among the processes; no Django here.

DATABASE_POOL_SIZE and DATABASE_MAX_OVERFLOW speak of all processes together: a second
web process must not double what the server has to hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SIZE, OVERFLOW = 10, 20
WEB_WORKERS, WEB_THREADS, WORKER_PROCESSES, BEATS = 2, 4, 3, 1


@dataclass(frozen=True)
class Budget:
    """What all processes may hold, and how many share it."""

    size: int
    overflow: int
    processes: int

    @property
    def total(self) -> int:
        """Each process needs one, whatever was asked for."""
        return max(self.size + self.overflow, self.processes)

    @property
    def kept(self) -> int:
        """Connections that one process keeps open."""
        return max(1, self.size // self.processes)

    @property
    def most(self) -> int:
        """Connections that one process may have at once."""
        return max(self.kept, self.total // self.processes)

    @property
    def needed(self) -> int:
        """What the server must hold: ``/health`` asks past the pools."""
        return self.total + self.processes


def budget(environment: Mapping[str, str]) -> Budget:
    """As the environment says; what is no number counts as unset here."""

    def number(name: str, default: int, least: int = 1) -> int:
        value = environment.get(name, "").strip()
        return max(int(value), least) if value.isdigit() else default

    processes = number("WEB_WORKERS", WEB_WORKERS) + BEATS
    processes += number("WORKER_PROCESSES", WORKER_PROCESSES)
    return Budget(
        number("DATABASE_POOL_SIZE", SIZE),
        number("DATABASE_MAX_OVERFLOW", OVERFLOW, least=0),
        number("DATABASE_PROCESSES", processes),
    )
