"""The account the servers run under: Postgres refuses to run as root."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from f1site.entrance.say import Trouble

NOBODY = 65534


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether it differs from the account of this process (then we are root)."""
        return self.uid != os.geteuid()

    def popen_options(self) -> dict[str, Any]:
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if self.is_other:
            self._give(folder)

    def can_enter(self, folder: Path) -> bool:
        """Whether the account may walk the whole way down to a folder."""
        return all(self._may_pass(place) for place in (folder, *folder.parents))

    def _may_pass(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)

    def _give(self, folder: Path) -> None:
        try:
            os.chown(folder, self.uid, self.gid)
        except OSError as error:
            folder.rmdir()
            raise Trouble(
                "Postgres does not run as root, and root may not switch to another"
                f" user here ({error.strerror}). Start ./run as an ordinary user."
            ) from None


def account_for(data: Path) -> Account:
    """Ourselves; for root the owner of the data, else ``postgres`` or ``nobody``."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(NOBODY, NOBODY)


@contextmanager
def door_to(folder: Path, account: Account) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A path by which the account reaches its folder, and descriptors to pass on.

    A checkout below /root is closed to every other account. Root opens the folder
    itself and the servers reach it through the inherited descriptor, so that no
    ancestor has to be opened to the world.
    """
    if not account.is_other:
        yield str(folder), ()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)
