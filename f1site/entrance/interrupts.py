"""Ctrl-C, a closed terminal and a polite kill, as one event."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """The first signal raises KeyboardInterrupt; from then on they are only counted.

    So whoever cleans up does it in peace, and sees in ``impatient`` when to hasten.
    """

    def __init__(self) -> None:
        self.count = 0
        self.armed = True

    @property
    def impatient(self) -> bool:
        return self.count > 1

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt

    @contextmanager
    def disarmed_at_exit(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.armed = False


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    state = Interrupts()
    before = {}
    for number in WATCHED:
        # nohup asks for a deaf ear to SIGHUP, and gets it.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, state.handle)
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
