"""Run one command in front of the person: its words, its signals, its exit code."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from f1site.entrance.places import ROOT

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def foreground(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    descriptors: tuple[int, ...] = (),
    folder: Path = ROOT,
) -> int:
    """Run to the end and return the exit code as a shell would give it."""
    waiting: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def forward(number: int, frame: FrameType | None) -> None:
        if _came_from_keyboard(number):
            return  # the terminal has told the child as well
        if child is None:
            waiting.append(number)
        else:
            child.send_signal(number)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        child = start(command, environment, descriptors, folder)
        for number in waiting:
            child.send_signal(number)
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    descriptors: tuple[int, ...],
    folder: Path,
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - commands are spelled out in this package
        command, cwd=folder, env=environment, pass_fds=descriptors
    )


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def _came_from_keyboard(number: int) -> bool:
    """Ctrl-C in our terminal reaches every process in front, the child included."""
    if number not in (signal.SIGINT, signal.SIGQUIT):
        return False
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False
