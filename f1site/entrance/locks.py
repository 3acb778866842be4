"""Locks that the kernel drops by itself when their last holder dies, even by kill -9.

A lock belongs to an open file: a child that inherits the descriptor shares it.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from f1site.entrance.say import Trouble


def take(path: Path, *, shared: bool = False) -> int:
    """Wait for the lock and return its descriptor."""
    descriptor = _open(path)
    _flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, path)
    return descriptor


def try_take(path: Path, *, shared: bool = False) -> int | None:
    """Take the lock, or return None when somebody holds it."""
    descriptor = _open(path)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        _flock(descriptor, kind | fcntl.LOCK_NB, path)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def wait_free(path: Path, seconds: float) -> bool:
    """Wait until nobody holds the lock, or the time is over."""
    deadline = time.monotonic() + seconds
    while is_held(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_held(path: Path) -> bool:
    if not path.exists():
        return False
    # Shared, so that two who only look do not see each other.
    descriptor = try_take(path, shared=True)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


@contextmanager
def held(path: Path) -> Iterator[None]:
    descriptor = take(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise Trouble(
            f"{path} is not ours to write. It was probably made by another user:"
            " start as that user, or remove the folder that holds it."
        ) from None


def _flock(descriptor: int, kind: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, kind)
    except BlockingIOError:
        raise
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise Trouble(
                f"The disk that holds {path.parent} knows no file locks; keep the"
                " checkout on a local disk, or set VAR_DIR to a folder on one."
            ) from None
        raise
