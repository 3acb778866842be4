"""The environment a command runs in, with servers of our own where none are named."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from f1site.entrance.places import var_folder
from f1site.entrance.say import Trouble

NAMES = ("DATABASE_URL", "REDIS_URL")


@dataclass
class Surroundings:
    """Environment for children, and the descriptors they hold while they live."""

    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    descriptors: tuple[int, ...] = ()
    servers: str = "the ones the environment names"
    revive: Callable[[], list[str]] = list


@contextmanager
def surroundings(name: str = "dev") -> Iterator[Surroundings]:
    """Start what the environment does not name; stop it after the last user."""
    missing = [key for key in NAMES if not os.environ.get(key)]
    if not missing:
        yield Surroundings()
        return
    if os.environ.get("ENVIRONMENT") == "production":
        raise Trouble(
            "ENVIRONMENT is production, which has servers of its own, but there is no"
            f" {' and no '.join(missing)}. Set what is missing, or unset ENVIRONMENT."
        )
    from f1site.embedded.state import State
    from f1site.embedded.supervisor import program_folder, servers

    state = State(var_folder() / name, durable=name != "test")
    wanted = {"postgres": NAMES[0] in missing, "redis": NAMES[1] in missing}
    with servers(state, **wanted) as lease:
        path = f"{os.environ.get('PATH', os.defpath)}:{program_folder()}"
        environment = dict(os.environ) | lease.environment() | {"PATH": path}
        yield Surroundings(
            environment, (lease.descriptor,), f"in {state.folder}", lease.revive
        )
