"""Where one set of servers keeps its data, its locks, its logs and its sockets."""

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from f1site.embedded.account import Account
from f1site.entrance.places import make_folder
from f1site.entrance.say import Trouble

# A socket path holds 107 bytes, and the folder stands in a URL and in a setting.
PLAIN_SHORT_PATH = re.compile(r"/[\w./-]{0,60}", re.ASCII)
SHARED_TEMP = "/tmp"  # noqa: S108 - the folder made there is checked for owner and mode
LOG_LIMIT = 5_000_000  # bytes


@dataclass(frozen=True)
class State:
    """One folder such as ``var/dev``; ``durable=False`` trades safety for speed."""

    folder: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.folder / "pgdata"

    @property
    def redis(self) -> Path:
        return self.folder / "redis"

    def lock(self, name: str) -> Path:
        return self.folder / "locks" / name

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def make(self) -> None:
        for name in ("locks", "logs"):
            make_folder(self.folder / name)

    def open_log(self, name: str) -> int:
        """A descriptor to append to; one old log is kept."""
        path = self.log(name)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def sockets(self, account: Account) -> Path:
        """The short private folder of the sockets, the same for every process.

        Processes may differ in TMPDIR, so the choice of the first is written down.
        A copied checkout copies that note too: the name tells them apart.
        """
        key = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        name = f"f1-{account.uid}-{key}"
        note = self.folder / "sockets"
        if note.exists():
            known = Path(note.read_text().strip())
            if known.name == name and known.is_dir():
                return _private(known, account)
        folder = _private(_temp_folder(account) / name, account)
        note.write_text(f"{folder}\n")
        return folder


def _temp_folder(account: Account) -> Path:
    folder = Path(tempfile.gettempdir())
    fits = PLAIN_SHORT_PATH.fullmatch(str(folder)) and account.can_enter(folder)
    return folder if fits else Path(SHARED_TEMP)


def _private(folder: Path, account: Account) -> Path:
    """Make the folder, or make sure that nobody else can have put things into it."""
    if not os.path.lexists(folder):
        account.make_folder(folder)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid:
        raise Trouble(f"{folder} belongs to somebody else; remove it or set TMPDIR.")
    if stat.S_IMODE(status.st_mode) & 0o077:
        folder.chmod(0o700)
    return folder
