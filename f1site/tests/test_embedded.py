"""Servers of our own: started once, shared, stopped by the last, healed by the next.

Every test has its own state folder, below a folder that is closed to other accounts
and has a blank and an umlaut in its name.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from f1site.embedded import account, binaries, supervisor
from f1site.embedded.account import Account
from f1site.embedded.state import State
from f1site.embedded.supervisor import Lease, servers
from f1site.entrance import processes
from f1site.entrance.places import ROOT
from f1site.entrance.say import Trouble

USER = """
import sys, time
from pathlib import Path
from f1site.embedded.state import State
from f1site.embedded.supervisor import servers

with servers(State(Path(sys.argv[1]), durable=False)) as lease:
    print("up", flush=True)
    time.sleep(float(sys.argv[2]))
"""
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def state(tmp_path: Path) -> State:
    closed = tmp_path / "zu für andere"
    closed.mkdir(mode=0o700)
    return State(closed / "dev", durable=False)


def query(lease: Lease, text: str) -> object:
    with psycopg.connect(lease.environment()["DATABASE_URL"]) as connection:
        cursor = connection.execute(text)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def ping(lease: Lease) -> bool:
    with closing(redis.Redis.from_url(lease.environment()["REDIS_URL"])) as client:
        return bool(client.ping())


def postmaster(state: State) -> int:
    return int((state.data / "postmaster.pid").read_text().splitlines()[0])


def another_user(state: State, seconds: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(state.folder), str(seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def left_behind(state: State) -> list[int]:
    return processes.living_in(state.data) + processes.living_in(state.redis)


def test_servers_answer_and_leave_nothing_behind(state: State) -> None:
    with servers(state) as lease:
        assert query(lease, "select lower('PÉREZ')") == "pérez"
        assert ping(lease)
        assert supervisor.running(state) == ["postgres", "redis"]
        sockets = lease.servers[0].sockets

    assert supervisor.running(state) == []
    assert left_behind(state) == []
    assert not sockets.exists()


def test_data_outlives_the_servers(state: State) -> None:
    with servers(state, redis=False) as lease:
        assert query(lease, "select 7 as n into lap") is None
    with servers(state, redis=False) as lease:
        assert query(lease, "select n from lap") == 7


def test_it_starts_only_what_is_wanted(state: State) -> None:
    with servers(state, postgres=False) as lease:
        assert list(lease.environment()) == ["REDIS_URL"]
        assert supervisor.running(state) == ["redis"]
    assert not state.data.exists()


def test_last_user_stops_the_servers(state: State) -> None:
    first = supervisor.acquire(state)
    second = supervisor.acquire(state)
    first.release()
    assert ping(second)
    assert os.getpid() in supervisor.users(state)
    second.release()
    assert supervisor.running(state) == []


def test_killed_user_is_not_counted(state: State) -> None:
    user = another_user(state, 60)
    assert user.stdout is not None
    assert user.stdout.readline() == "up\n"
    server = postmaster(state)
    user.kill()
    user.communicate()
    assert supervisor.running(state) == ["postgres", "redis"]

    with servers(state):
        assert postmaster(state) == server
    assert left_behind(state) == []


def test_many_users_at_once_from_nothing(state: State) -> None:
    state.folder.mkdir()
    users = [another_user(state, 0.1 * n) for n in range(4)]
    assert [user.communicate()[0] for user in users] == ["up\n"] * 4
    assert [user.returncode for user in users] == [0] * 4
    assert left_behind(state) == []


def test_killed_servers_are_started_again(state: State) -> None:
    with servers(state) as lease:
        os.kill(postmaster(state), signal.SIGKILL)
        for pid in processes.living_in(state.redis):
            os.kill(pid, signal.SIGKILL)
        for server in lease.servers:
            assert server._is_gone(10)
        assert lease.revive() == ["postgres", "redis"]
        assert lease.revive() == []
        assert query(lease, "select 1") == 1
        assert ping(lease)


def test_stopped_server_gives_way_to_a_kill(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    with servers(state, postgres=False) as lease:
        server = lease.servers[0]
        monkeypatch.setattr(type(server), "stops", ((signal.SIGTERM, 0.2),))
        for pid in processes.living_in(state.redis):
            os.kill(pid, signal.SIGSTOP)
    assert left_behind(state) == []


def test_stale_pid_file_of_a_stranger_is_ignored(state: State) -> None:
    with servers(state, redis=False):
        note = (state.data / "postmaster.pid").read_text()
    stranger = note.replace(note.splitlines()[0], str(os.getpid()), 1)
    (state.data / "postmaster.pid").write_text(stranger)
    with servers(state, redis=False) as lease:
        assert query(lease, "select 1") == 1


def test_half_made_database_is_made_again(state: State) -> None:
    state.make()
    half = state.data.with_name("pgdata.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with servers(state, redis=False) as lease:
        assert query(lease, "select current_database()") == "f1"
    assert not half.exists()


def remove_version(data: Path) -> None:
    (data / "PG_VERSION").unlink()


def make_older(data: Path) -> None:
    (data / "PG_VERSION").write_text("9\n")


def break_control_file(data: Path) -> None:
    (data / "global" / "pg_control").write_bytes(b"\0" * 8192)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (remove_version, "is not a Postgres database"),
        (make_older, "was made by Postgres 9"),
        (break_control_file, "database folder is broken"),
    ],
)
def test_unusable_data_is_refused_with_a_way_out(
    state: State, damage: Callable[[Path], None], reason: str
) -> None:
    with servers(state, redis=False):
        pass
    damage(state.data)
    with pytest.raises(Trouble, match=reason) as trouble:
        supervisor.acquire(state)
    assert f"mv '{state.data}'" in str(trouble.value)
    assert left_behind(state) == []


def test_full_disk_is_named(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 10, 0))
    with pytest.raises(Trouble, match="is full"):
        supervisor.acquire(state)
    assert not state.data.exists()


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Trouble, match="embedded Postgres is not installed"):
        binaries.postgres_folder()
    with pytest.raises(Trouble, match="No Redis found"):
        binaries.redis_program()


def test_redis_of_the_machine_is_the_second_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "valkey-server"
    program.touch(mode=0o755)
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.redis_program() == program


def test_programs_out_of_reach_are_copied_and_the_copy_is_kept_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "redis-server").write_text(f"#!/bin/sh\n# {tmp_path}\n")
    monkeypatch.setattr(binaries, "redis_program", lambda: closed / "redis-server")
    stranger = Account(54321, 54321)

    copy = binaries.redis_for(stranger)
    try:
        assert copy.parent != closed
        assert stranger.can_enter(copy.parent)
        assert os.access(copy, os.X_OK)
        copy.unlink()
        assert binaries.redis_for(stranger) == copy
        assert copy.exists()
    finally:
        shutil.rmtree(copy.parent)


def test_sockets_ignore_the_note_of_a_copied_checkout(
    state: State, tmp_path: Path
) -> None:
    (tmp_path / "f1-0-another").mkdir()
    state.make()
    me = account.account_for(state.data)
    (state.folder / "sockets").write_text(f"{tmp_path}/f1-0-another\n")
    folder = state.sockets(me)
    assert folder.name != "f1-0-another"
    assert state.sockets(me) == folder
    folder.rmdir()


def test_sockets_stand_in_a_short_plain_folder(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    state.make()
    folder = state.sockets(account.account_for(state.data))
    assert len(str(folder)) < 70
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()


def test_sockets_refuse_a_folder_that_is_not_ours(state: State) -> None:
    state.make()
    me = account.account_for(state.data)
    folder = state.sockets(me)
    folder.rmdir()
    folder.symlink_to(state.folder)
    (state.folder / "sockets").unlink()
    with pytest.raises(Trouble, match="belongs to somebody else"):
        state.sockets(me)
    folder.unlink()
