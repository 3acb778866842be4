"""Backups: the whole database and the model files, in one file that can be trusted.

A backup is a tar with ``database.dump`` (custom format of pg_dump), the files of the
models, and ``manifest.json``: what is in it, with the number and a hash of the rows of
each table, seen in the very snapshot that was dumped. A restore builds a new database
beside the one that is there, compares it with the manifest, and only then swaps.
"""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

MANIFEST, SUM, DUMP = "manifest.json", "manifest.json.sha256", "database.dump"
MODELS: Final = "models"
NAME: Final = "f1site-{:%Y%m%dT%H%M%SZ}.tar"
PATTERN: Final = "f1site-*T*Z.tar"
FORMAT: Final = 1
#: How old the newest may be when a site starts.
EVERY: Final = timedelta(days=1)
#: All sessions that are compared print times and numbers alike.
ALIKE = "SET TIME ZONE 'UTC'; SET datestyle = 'ISO, YMD'; SET extra_float_digits = 1"
TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace
AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
FILLED: Final = "SELECT to_regclass('ingestion_race')"
#: The order of rows does not matter, each of them does.
ROWS = """
SELECT count(*),
       coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)::text
FROM {} t
"""

Rows = dict[str, tuple[int, str]]


class BackupError(Exception):
    """What went wrong, and what to do; nothing was changed."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    created_at: str
    version: str
    postgres: int
    rows: Rows
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def n_rows(self) -> int:
        return sum(count for count, _ in self.rows.values())


# --- making -------------------------------------------------------------------
def back_up(folder: Path, keep: int | None = None) -> tuple[Path, Manifest]:
    """Write a new backup into the folder; drop all but the newest ``keep``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as place:
        made, manifest = _made(Path(place))
        target = folder / NAME.format(datetime.fromisoformat(manifest.created_at))
        if target.exists():
            raise BackupError(f"{target} is there already; try again in a second.")
        made.replace(target)
    _sync(folder)
    for old in backups(folder)[keep:] if keep else []:
        old.unlink()
    return target, manifest


def backups(folder: Path) -> list[Path]:
    """The backups of a folder, newest first."""
    return sorted(folder.glob(PATTERN), reverse=True)


def _made(place: Path) -> tuple[Path, Manifest]:
    dump = place / DUMP
    with _reading() as database:
        rows = rows_of(database)
        snapshot = database.execute("SELECT pg_export_snapshot()").fetchone()
        major = database.info.server_version // 10000
        options = ["--format=custom", f"--snapshot={snapshot and snapshot[0]}"]
        options += ["--no-owner", "--no-privileges", f"--file={dump}"]
        _run("pg_dump", *options, name=_name())
    models = sorted(path for path in settings.MODEL_DIR.rglob("*") if path.is_file())
    members = {DUMP: dump}
    members |= {
        f"{MODELS}/{path.relative_to(settings.MODEL_DIR)}": path for path in models
    }
    manifest = Manifest(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=settings.VERSION,
        postgres=major,
        rows=rows,
        files={name: _sha256(path) for name, path in members.items()},
    )
    text = json.dumps(asdict(manifest), indent=1).encode()
    made = place / "made.tar"
    with made.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with tarfile.open(fileobj=file, mode="w") as tar:
            _add(tar, MANIFEST, text)
            _add(tar, SUM, hashlib.sha256(text).hexdigest().encode())
            for name, path in members.items():
                tar.add(path, arcname=name)
        file.flush()
        os.fsync(file.fileno())
    return made, manifest


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def due(*folders: Path) -> str:
    """Why there should be one more before the database changes; nothing where not."""
    with psycopg.connect(**_params()) as database:
        (table,) = database.execute(FILLED).fetchone() or (None,)
        if not table:
            return ""
        if not database.execute("SELECT 1 FROM ingestion_race LIMIT 1").fetchone():
            return ""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "before it is migrated"
    made = [file.stat().st_mtime for folder in folders for file in backups(folder)]
    if not made:
        return "the first"
    age = time.time() - max(made)
    return "the last is a day old" if age > EVERY.total_seconds() else ""


# --- looking ------------------------------------------------------------------
@contextmanager
def opened(file: Path) -> Iterator[tuple[Manifest, Path]]:
    """What a backup holds, unpacked; refused when any of it is not what was written."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR, prefix=".backup-") as place:
        folder = Path(place)
        try:
            with tarfile.open(file) as tar:
                tar.extractall(folder, filter="data")
        except (OSError, tarfile.TarError) as error:
            raise BackupError(f"{file} cannot be read as a backup: {error}") from None
        yield _checked(file, folder), folder


def _checked(file: Path, folder: Path) -> Manifest:
    try:
        text = (folder / MANIFEST).read_bytes()
        told = (folder / SUM).read_text()
    except OSError:
        raise BackupError(f"{file} has no manifest: it is no backup of ours") from None
    if hashlib.sha256(text).hexdigest() != told:
        raise BackupError(f"{file} was changed: its manifest is not the one it was")
    manifest = Manifest(**json.loads(text))
    if manifest.format != FORMAT:
        raise BackupError(
            f"{file} has format {manifest.format}, this program reads {FORMAT};"
            " restore it with the version that made it"
        )
    found = {
        str(path.relative_to(folder)): path
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (MANIFEST, SUM)
    }
    wrong = sorted(found.keys() ^ manifest.files.keys())
    wrong += [
        n
        for n in manifest.files
        if n in found and _sha256(found[n]) != manifest.files[n]
    ]
    if wrong:
        raise BackupError(f"{file} was changed: {', '.join(wrong)}")
    return manifest


def verify(file: Path) -> Manifest:
    """Restore into a database that is dropped again, and compare every row."""
    with opened(file) as (manifest, folder), _restored(manifest, folder) as name:
        _drop(name)
    return manifest


# --- restoring ----------------------------------------------------------------
def restore(file: Path, *, replace: bool = False) -> tuple[Manifest, str]:
    """Put a backup in the place of the database; also tells what the old one is called.

    Whatever fails before the swap leaves everything as it was; the swap is one
    transaction. A database that held something stays beside, under another name.
    """
    is_empty = not _tables()
    if not is_empty and not replace:
        raise BackupError(
            f"The database {_name()} is not empty. With --replace it is kept under"
            " another name and the backup takes its place."
        )
    with (
        opened(file) as (manifest, folder),
        _models_beside(folder / MODELS) as models,
        _restored(manifest, folder) as fresh,
    ):
        stamp = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
        aside = f"{_name()}_before_{stamp}"
        _swap(fresh, aside)
        try:
            _put_models(models, stamp)
        except OSError as error:
            raise BackupError(
                f"The database is restored, and the one before is {aside}; the models"
                f" cannot be put to {settings.MODEL_DIR} ({error}): unpack"
                f" {MODELS}/ of {file} there by hand."
            ) from error
    if is_empty and not _tables(aside):  # nobody wrote into it meanwhile
        _drop(aside)
        return manifest, ""
    return manifest, aside


@contextmanager
def _restored(manifest: Manifest, folder: Path) -> Iterator[str]:
    """A new database with what the backup holds, compared row by row."""
    _check_version(manifest)
    fresh = f"{_name()}_restored_{os.getpid()}"
    try:
        _maintain("CREATE DATABASE {} TEMPLATE template0", fresh)
    except psycopg.Error as error:
        raise BackupError(
            f"A new database cannot be made beside {_name()}: {str(error).strip()}"
        ) from None
    try:
        options = ["--no-owner", "--no-privileges", "--exit-on-error"]
        _run("pg_restore", *options, str(folder / DUMP), name=fresh)
        with psycopg.connect(**_params(fresh)) as database:
            _compare(manifest.rows, rows_of(database))
        yield fresh
    except BaseException:
        _drop(fresh)
        raise


def _check_version(manifest: Manifest) -> None:
    with psycopg.connect(**_params()) as database:
        major = database.info.server_version // 10000
    if manifest.postgres > major:
        raise BackupError(
            f"The backup is of Postgres {manifest.postgres}, this server is {major}:"
            " restore into one that is as new"
        )


def _compare(told: Rows, found: Rows) -> None:
    wrong = [
        name
        for name in sorted(told.keys() | found.keys())
        if tuple(told.get(name, ())) != tuple(found.get(name, ()))
    ]
    if wrong:
        raise BackupError(f"Restored rows are not what they were: {', '.join(wrong)}")


def _swap(fresh: str, aside: str) -> None:
    """The names change hands in one transaction; sessions end before it."""
    connections.close_all()
    if getattr(connection, "pool", None):
        connection.close_pool()  # type: ignore[attr-defined]  # of psycopg
    with psycopg.connect(**_params("postgres")) as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = ANY(%s) AND pid <> pg_backend_pid()",
            [[_name(), fresh]],
        )
        for old, new in ((_name(), aside), (fresh, _name())):
            names = map(sql.Identifier, (old, new))
            database.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))


@contextmanager
def _models_beside(models: Path) -> Iterator[Path]:
    """A copy where it has only to be renamed: what could fail fails before the swap."""
    name = f"{settings.MODEL_DIR.name}.restored-{os.getpid()}"
    copy = settings.MODEL_DIR.with_name(name)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(copy, ignore_errors=True)  # of one that was killed
    try:
        if models.exists():
            shutil.copytree(models, copy)
        else:
            copy.mkdir()
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _put_models(models: Path, stamp: str) -> None:
    """Those that were there stay beside."""
    target = settings.MODEL_DIR
    if target.exists() and any(target.iterdir()):
        target.rename(target.with_name(f"{target.name}.before-{stamp}"))
    elif target.exists():
        target.rmdir()
    models.rename(target)


# --- the database ---------------------------------------------------------------
def rows_of(database: "psycopg.Connection[Any]") -> Rows:
    """Number and hash of the rows of every table."""
    database.execute(ALIKE)
    names = [name for (name,) in database.execute(TABLES).fetchall()]
    found: Rows = {}
    for name in names:
        question = sql.SQL(ROWS).format(sql.Identifier("public", name))
        count, summed = database.execute(question).fetchone() or (0, "0")
        found[name] = (int(count), str(summed))
    return found


@contextmanager
def _reading() -> Iterator["psycopg.Connection[Any]"]:
    """One snapshot for as long as the block lasts."""
    with psycopg.connect(**_params()) as database:
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        database.read_only = True
        yield database


def _tables(name: str | None = None) -> list[str]:
    with psycopg.connect(**_params(name)) as database:
        return [name for (name,) in database.execute(TABLES).fetchall()]


def _maintain(statement: str, name: str) -> None:
    with psycopg.connect(**_params("postgres"), autocommit=True) as database:
        database.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _drop(name: str) -> None:
    _maintain("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _params(name: str | None = None) -> dict[str, Any]:
    """How to reach a database of the server, with nothing of Django's on it."""
    known = connection.get_connection_params()
    kept = ("host", "port", "user", "password", "sslmode", "sslrootcert")
    params = {key: known[key] for key in kept if known.get(key)}
    return {**params, "dbname": name or _name(), "connect_timeout": 5}


def _run(program: str, *options: str, name: str) -> None:
    """A program of Postgres; the password goes by the environment, which others
    cannot read.
    """
    path = _newest(program)
    if path is None:
        raise BackupError(
            f"{program} is missing: call this through ./run manage, or"
            " apt-get install postgresql-client"
        )
    done = subprocess.run(  # noqa: S603 - spelled out by the callers
        [path, f"--dbname={name}", *options],
        env={"PATH": os.environ.get("PATH", ""), **_libpq(_params(name))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()}")


def _newest(program: str) -> str | None:
    """Of several that are installed; an old one does not read a newer server."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    found = filter(None, (shutil.which(program, path=folder) for folder in folders))
    return max(dict.fromkeys(found), key=_version_of, default=None)


def _version_of(path: str) -> float:
    done = subprocess.run([path, "--version"], capture_output=True, text=True)  # noqa: S603
    number = re.search(r"(\d+(?:\.\d+)?)", done.stdout)
    return float(number[1]) if number else 0.0


def _libpq(params: Mapping[str, Any]) -> dict[str, str]:
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
    names |= {"password": "PGPASSWORD", "sslmode": "PGSSLMODE"}
    names |= {"sslrootcert": "PGSSLROOTCERT"}
    return {names[key]: str(value) for key, value in params.items() if key in names}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
