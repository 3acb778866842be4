"""``./run upgrade``: data of an older Postgres, taken over by this one."""

from pathlib import Path

import psycopg
import pytest

from f1site import cli
from f1site.embedded import binaries, postgres
from f1site.embedded.state import State
from f1site.embedded.supervisor import Lease, servers

OLD = "16"
#: The options that version 16 knows.
INITDB = [one for one in postgres.INITDB if "locale" not in one]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A checkout whose database was made by the older programs of the wheel."""
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL")
    found = State(tmp_path / "dev")
    with monkeypatch.context() as older:
        programs = {OLD: binaries.postgres_folder(OLD)}
        older.setattr(binaries, "_installations", lambda: programs)
        older.setattr(postgres, "INITDB", [*INITDB, "--no-locale"])
        with servers(found, redis=False) as lease:
            run_sql(lease, "CREATE TABLE lap AS SELECT generate_series(1, 9) AS n")
    return found


def run_sql(lease: Lease, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(lease.environment()["DATABASE_URL"]) as connection:
        done = connection.execute(statement.encode())
        return done.fetchall() if done.description else []


def version(state: State) -> str:
    return (state.data / "PG_VERSION").read_text().strip()


def test_the_rows_move_and_the_old_ones_stay_beside(
    state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    assert version(state) == OLD
    assert cli.main(["upgrade"]) == 0
    assert version(state) == binaries.postgres_major()
    with servers(state, redis=False) as lease:
        assert run_sql(lease, "SELECT sum(n) FROM lap") == [(45,)]
    old = state.data.with_name(f"pgdata.{OLD}")
    assert old.exists()
    assert str(old) in capsys.readouterr().out
    assert cli.main(["upgrade"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_what_fails_leaves_the_old_database_in_its_place(
    state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(postgres, "INITDB", ["--unknown"])
    assert cli.main(["upgrade"]) == 1
    assert version(state) == OLD


def test_without_the_old_programs_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    data = tmp_path / "dev" / "pgdata"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    own = tmp_path / "backups" / "before-start"
    own.mkdir(parents=True)
    (tmp_path / "backups" / "f1site-20230101T000000Z.tar").touch()
    backup = own / "f1site-20240101T000000Z.tar"
    backup.touch()
    assert cli.main(["upgrade"]) == 1
    words = capsys.readouterr().err
    assert "brings no Postgres 9" in words
    assert "--binaries /usr/lib/postgresql/9" in words
    assert f"./run manage restore '{backup}'" in words
    assert cli.main(["upgrade", "--binaries", str(tmp_path)]) == 1
    assert "There is no bin/postgres" in capsys.readouterr().err
