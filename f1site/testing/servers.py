"""Hold servers for one test run: say their addresses, let go when the input ends.

A process of its own: its input also ends when the tests are killed, and so a killed
run leaves no server behind. Each run has a slot, hence a test database, of its own.
"""

import json
import os
import sys

from f1site.embedded.state import State
from f1site.embedded.supervisor import Lease, servers
from f1site.entrance import locks
from f1site.entrance.places import var_folder
from f1site.entrance.say import Trouble, say

SLOTS = 8  # runs of one checkout at the same time
WORKERS = 15  # of one run, each with a Redis database of its own


def main() -> None:
    state = State(var_folder() / "test", durable=False)
    try:
        with servers(state, redis=not os.environ.get("REDIS_URL")) as lease:
            say(json.dumps(addresses(lease, take_slot(state))))
            sys.stdin.read()
    except Trouble as trouble:
        say(json.dumps({"trouble": str(trouble)}))


def take_slot(state: State) -> int:
    for slot in range(SLOTS):
        # Never closed: the lock goes with the process.
        if locks.try_take(state.lock(f"slot-{slot}")) is not None:
            return slot
    raise Trouble(f"{SLOTS} test runs of this checkout are at work; wait for one.")


def addresses(lease: Lease, slot: int) -> dict[str, str]:
    """Django puts test_ before the name, so the named database need not exist."""
    redis = {"db=0": f"db={slot * (WORKERS + 1)}"}
    own = {"/f1?": f"/f1_{slot}?", **redis} if slot else {}
    found = lease.environment()
    for before, after in own.items():
        found = {name: text.replace(before, after) for name, text in found.items()}
    return found


if __name__ == "__main__":
    main()
