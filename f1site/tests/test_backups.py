"""Backups of a small database of its own: made, looked at, put back, refused."""

import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from f1site import backups
from f1site.embedded.supervisor import program_folder
from f1site.management.commands import prepare

NAME = "backup_test"
TABLES = """
CREATE TABLE driver (id serial PRIMARY KEY, name text, born date, rating float8);
CREATE TABLE lap (race int, at timestamptz) PARTITION BY RANGE (race);
CREATE TABLE lap_1 PARTITION OF lap FOR VALUES FROM (1) TO (10);
INSERT INTO driver (name, born, rating)
VALUES ('Räikkönen', '1979-10-17', 1.0/3), (NULL, NULL, 'NaN');
INSERT INTO lap SELECT n, now() FROM generate_series(1, 9) n;
"""


def run_sql(statement: Any, name: str = "") -> list[tuple[Any, ...]]:
    params = backups._params(name or NAME)
    with psycopg.connect(**params, autocommit=True) as database:
        done = database.execute(statement)
        return done.fetchall() if done.description else []


def databases() -> list[str]:
    question = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    with psycopg.connect(**backups._params("postgres")) as database:
        return [name for (name,) in database.execute(question, [NAME]).fetchall()]


def drop_all() -> None:
    for name in databases():
        run_sql(f'DROP DATABASE "{name}" WITH (FORCE)', "postgres")


@pytest.fixture(autouse=True)
def database(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> Iterator[None]:
    """A database with three kinds of rows, and two model files."""
    name = f"{NAME}_{os.getpid()}_"  # of this process alone
    monkeypatch.setattr(f"{__name__}.NAME", name)
    monkeypatch.setitem(connection.settings_dict, "NAME", name)
    monkeypatch.setenv("PATH", program_folder(), prepend=os.pathsep)
    settings.VAR_DIR = tmp_path / "var"
    settings.MODEL_DIR = settings.VAR_DIR / "dev" / "models"
    settings.MODEL_DIR.mkdir(parents=True)
    (settings.MODEL_DIR / "elo.json").write_text("{}")
    drop_all()
    run_sql(f'CREATE DATABASE "{name}"', "postgres")
    run_sql(TABLES)
    yield
    drop_all()


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    call_command("backup", tmp_path / "backups", stdout=StringIO())
    (file,) = backups.backups(tmp_path / "backups")
    return file


def told(name: str, *options: Any) -> str:
    said = StringIO()
    call_command(name, *options, stdout=said)
    return said.getvalue()


def state() -> tuple[Any, ...]:
    with psycopg.connect(**backups._params()) as database:
        return backups.rows_of(database), run_sql("SELECT nextval('driver_id_seq')")


def test_a_backup_comes_back_as_it_was(backup: Path, settings: Any) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    before = state()
    run_sql("DELETE FROM lap; UPDATE driver SET name = 'Nobody'")
    (settings.MODEL_DIR / "elo.json").write_text("changed")
    (settings.MODEL_DIR / "new.json").write_text("new")
    said = told("restore", backup, "--replace")
    assert "11 rows of 2 tables and 1 model files" in said
    assert state() == before
    assert [path.name for path in settings.MODEL_DIR.iterdir()] == ["elo.json"]
    assert (settings.MODEL_DIR / "elo.json").read_text() == "{}"
    (aside,) = (name for name in databases() if "before" in name)
    assert aside in said
    assert run_sql("SELECT name FROM driver", aside)[0] == ("Nobody",)


def test_an_empty_database_is_filled(backup: Path) -> None:
    before = state()
    run_sql("DROP TABLE lap, driver")
    assert "DROP DATABASE" not in told("restore", backup)
    assert state() == before
    assert databases() == [NAME]


def test_what_is_written_into_an_empty_database_meanwhile_is_kept(
    backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sql("DROP TABLE lap, driver")

    @contextmanager
    def slowly(file: Path) -> Iterator[Any]:
        run_sql("CREATE TABLE late AS SELECT 1")
        with opened(file) as found:
            yield found

    opened = backups.opened
    monkeypatch.setattr(backups, "opened", slowly)
    said = told("restore", backup)
    (aside,) = (name for name in databases() if "before" in name)
    assert aside in said
    assert run_sql("SELECT * FROM late", aside) == [(1,)]


def test_models_that_cannot_be_written_stop_the_restore(
    backup: Path, settings: Any, tmp_path: Path
) -> None:
    run_sql("DELETE FROM lap")
    before = state()[0]
    (tmp_path / "file").write_text("no folder")
    settings.MODEL_DIR = tmp_path / "file" / "models"
    with pytest.raises(CommandError):
        call_command("restore", backup, "--replace")
    assert state()[0] == before
    assert databases() == [NAME]


def test_a_full_database_is_left_alone(backup: Path) -> None:
    run_sql("INSERT INTO driver (name) VALUES ('newer')")
    before = state()[0]
    with pytest.raises(CommandError, match="is not empty"):
        call_command("restore", backup)
    assert state()[0] == before


def test_a_backup_is_verified_without_touching_anything(backup: Path) -> None:
    run_sql("DELETE FROM lap")
    assert "11 rows of 2 tables came back" in told("verify_backup", backup)
    assert databases() == [NAME]
    assert run_sql("SELECT count(*) FROM lap") == [(0,)]


def changed(file: Path, name: str, change: Any) -> Path:
    """The backup with one of its parts other than it was."""
    folder = file.parent / "unpacked"
    with tarfile.open(file) as tar:
        tar.extractall(folder, filter="data")
    change(folder / name)
    with tarfile.open(file, "w") as tar:
        for path in folder.iterdir():
            tar.add(path, arcname=path.name)
    return file


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def claim_more(path: Path) -> None:
    told = json.loads(path.read_text())
    told["rows"]["driver"][0] += 1
    path.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("database.dump", flip, "was changed: database.dump"),
        ("models/elo.json", flip, "was changed: models/elo.json"),
        ("models/elo.json", Path.unlink, "was changed: models/elo.json"),
        ("models/bad.py", Path.touch, "was changed: models/bad.py"),
        ("manifest.json", claim_more, "its manifest is not the one it was"),
        ("manifest.json", Path.unlink, "it is no backup of ours"),
    ],
)
def test_a_tampered_backup_is_refused(
    backup: Path, name: str, change: Any, words: str
) -> None:
    before = state()[0]
    with pytest.raises(CommandError, match=words):
        call_command("restore", changed(backup, name, change), "--replace")
    assert state()[0] == before
    assert databases() == [NAME]


def test_rows_that_come_back_otherwise_stop_the_restore(
    backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state()[0]
    monkeypatch.setattr(backups, "rows_of", lambda database: {"driver": (2, "0")})
    with pytest.raises(CommandError, match="not what they were: driver, lap"):
        call_command("restore", backup, "--replace")
    monkeypatch.undo()
    assert before and "before" not in " ".join(databases())


def test_a_piece_of_a_file_is_no_backup(backup: Path) -> None:
    content = backup.read_bytes()
    backup.write_bytes(content[:3000])
    with pytest.raises(CommandError):
        call_command("restore", backup, "--replace")
    assert databases() == [NAME]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    for day in (1, 2, 3):
        (folder / f"f1site-2024010{day}T000000Z.tar").write_text("")
    (folder / "notes.tar").write_text("")
    call_command("backup", folder, "--keep", "2", stdout=StringIO())
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 3
    assert {"f1site-20240103T000000Z.tar", "notes.tar"} <= set(names)


def test_a_failed_backup_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="pg_dump is missing"):
        call_command("backup", tmp_path / "none")
    assert list((tmp_path / "none").iterdir()) == []


class Migrated:
    """All of them are applied."""

    def __init__(self, connection: Any) -> None:
        self.loader = MigrationLoader(None)

    def migration_plan(self, targets: Any) -> list[Any]:
        return []


def test_one_is_due_once_there_is_something_to_lose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def due() -> str:
        return backups.due(tmp_path / "none", tmp_path)

    assert due() == ""
    run_sql("CREATE TABLE ingestion_race (id int)")
    assert due() == ""
    run_sql("INSERT INTO ingestion_race VALUES (1)")
    monkeypatch.setattr(backups, "MigrationExecutor", Migrated)
    assert due() == "the first"
    file = tmp_path / "f1site-20240101T000000Z.tar"
    file.touch()
    assert due() == ""
    os.utime(file, (0, 0))
    assert due() == "the last is a day old"


def test_those_of_a_start_leave_those_of_people_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path
    nightly = tmp_path / "backups"
    nightly.mkdir()
    for day in range(1, 6):
        file = nightly / f"f1site-2024010{day}T000000Z.tar"
        file.touch()
        os.utime(file, (0, 0))
    run_sql("CREATE TABLE ingestion_race (id int)")
    run_sql("INSERT INTO ingestion_race VALUES (1)")
    monkeypatch.setattr(backups, "MigrationExecutor", Migrated)
    monkeypatch.setattr(prepare, "STEPS", prepare.STEPS[:1])
    call_command("prepare", stdout=(said := StringIO()))
    assert len(backups.backups(nightly)) == 5, said.getvalue()
    (made,) = backups.backups(nightly / "before-start")
    assert made.name in said.getvalue()
