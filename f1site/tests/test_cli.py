"""``./run`` as a person uses it, with stand-ins for manage.py, web, worker and beat."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from f1site import cli
from f1site.entrance import checks, processes, programs, record, system
from f1site.entrance.address import Address
from f1site.entrance.children import Child
from f1site.entrance.deployment import Check
from f1site.entrance.foreground import foreground
from f1site.entrance.places import ROOT
from f1site.tests import stand_ins

PATIENCE = 30.0  # seconds


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state of its own, stand-ins for the long programs, a free port."""
    stand_ins.write(tmp_path)
    stand_ins.install(tmp_path, monkeypatch.setattr)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setenv("FLOWER_PORT", str(free_port()))
    monkeypatch.delenv("HOST", raising=False)
    monkeypatch.setenv("ENVIRONMENT", "development")
    return tmp_path


@pytest.fixture
def own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def is_ready() -> bool:
    site = record.in_charge()
    return bool(site and site.ready)


def page() -> int:
    client = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=5)
    client.request("GET", "/")
    return client.getresponse().status


def run_up(
    during: Callable[[], None],
    number: int = signal.SIGINT,
    when: Callable[[], object] = is_ready,
) -> int:
    """Run ``up`` here, do something while it is up, then send it a signal."""
    over = threading.Event()
    failures: list[BaseException] = []

    def visit() -> None:
        try:
            wait_until(lambda: over.is_set() or when())
            if not over.is_set():
                during()
        except BaseException as failure:
            failures.append(failure)
        finally:
            if not over.is_set():
                os.kill(os.getpid(), number)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        code = cli.main(["up"])
    finally:
        over.set()
        visitor.join()
    for failure in failures:
        raise failure
    return code


def elsewhere(checkout: Path, *arguments: str) -> "subprocess.Popen[str]":
    """The same command line in a process of its own, to be killed."""
    return subprocess.Popen(
        [sys.executable, "-m", "f1site.tests.stand_ins", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


# --- up -----------------------------------------------------------------------
def test_up_serves_and_stops_all_it_started(
    own_servers: None, checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    groups: list[int] = []

    def during() -> None:
        assert page() == 200
        assert cli.main(["up"]) == 0
        assert cli.main(["status"]) == 0
        assert cli.main(["doctor"]) in (0, 1)
        site = record.in_charge()
        assert site is not None
        groups.extend(pid for pid, _ in site.children)

    assert run_up(during) == 0
    said = capfd.readouterr().out
    for words in ("preparing", "The site is up", "up already", "worker │ at work"):
        assert words in said
    assert "dev   postgres and redis up" in said
    assert len(groups) == 5
    secret = checkout / "var" / "flower_password"
    assert f"(f1; the password: {secret})" in said
    assert secret.stat().st_mode & 0o777 == 0o600
    assert not any(processes.group_exists(pid) for pid in groups)
    assert cli.main(["stop"]) == 0
    assert "Nothing was running" in capfd.readouterr().out


def test_up_starts_again_what_dies_and_goes_on_without_flower(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def during() -> None:
        before = record.in_charge()
        assert before is not None
        dead = before.children[1][0]
        os.kill(dead, signal.SIGKILL)
        wait_until(lambda: dead not in pids() and len(pids()) == 4)

    def pids() -> list[int]:
        site = record.read()
        return [pid for pid, _ in site.children] if site else []

    with socket.create_server(("127.0.0.1", int(os.environ["FLOWER_PORT"]))):
        assert run_up(during, signal.SIGTERM) == 0
    said = capfd.readouterr().out
    assert "worker ended (SIGKILL); it starts again in 1 s" in said
    assert "starts without Flower" in said
    assert "Flower  http" not in said


@pytest.mark.parametrize(
    ("kind", "told"),
    [("production", ["root", "other"]), ("development", ["other"])],
)
def test_a_worker_of_root_is_warned_of_in_production_alone(
    kind: str, told: list[str]
) -> None:
    given = os.environ | {"ENVIRONMENT": kind, "PYTHONWARNINGS": "default"}
    as_root = (
        "import os, warnings; os.getuid = lambda: 0\n"
        "from celery.platforms import check_privileges\n"
        "check_privileges(['json']); warnings.warn('other')"
    )
    done = subprocess.run(
        [sys.executable, "-c", as_root],
        env=given | programs.needs_of_worker(given),
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    words = {"root": "superuser privileges", "other": "UserWarning: other"}
    assert [name for name, said in words.items() if said in done.stderr] == told


def test_up_says_which_port_is_free(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(os.environ["PORT"])))
        other.listen()
        assert cli.main(["up"]) == 1
    assert "Address already in use" in (words := capsys.readouterr().err)
    assert "  PORT=" in words


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "eighty", "PORT is 'eighty'"),
        ("PORT", "70000", "PORT is '70000'"),
        ("HOST", "192.0.2.1", "HOST 192.0.2.1 cannot be used"),
        ("FLOWER_PORT", "flowers", "FLOWER_PORT is 'flowers'"),
        ("FLOWER_PASSWORD", "a,b", "FLOWER_PASSWORD holds a comma"),
    ],
)
def test_up_refuses_an_address_it_cannot_use(
    name: str,
    value: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    assert cli.main(["up"]) == 1
    assert reason in capsys.readouterr().err


def test_up_stops_when_preparing_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREPARE_CODE", "3")
    assert cli.main(["up"]) == 1
    assert "Preparing the site failed (exit 3)" in capsys.readouterr().err


def test_up_stops_when_web_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "WEB", ("stand_in_broken",))
    assert run_up(lambda: None) == 1
    words = capsys.readouterr()
    assert "web │ no such module" in words.out
    assert "The web server did not start" in words.err


def test_up_can_be_interrupted_while_it_prepares(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREPARE_SECONDS", "60")
    assert run_up(lambda: None, when=record.in_charge) == 0
    assert "Stopped" in capsys.readouterr().out


def test_stop_ends_the_site_of_another_terminal(
    checkout: Path, own_servers: None, capsys: pytest.CaptureFixture[str]
) -> None:
    other = elsewhere(checkout, "up")
    wait_until(is_ready)
    assert cli.main(["stop"]) == 0
    assert "stopped" in capsys.readouterr().out
    words, _ = other.communicate(timeout=PATIENCE)
    assert other.returncode == 0
    assert words.endswith("Stopped; nothing is left running.\n")


def test_what_a_killed_site_left_is_cleared_away(
    checkout: Path, own_servers: None, capsys: pytest.CaptureFixture[str]
) -> None:
    other = elsewhere(checkout, "up")
    wait_until(is_ready)
    site = record.in_charge()
    assert site is not None
    other.kill()
    other.communicate()
    assert cli.main(["doctor"]) == 1
    assert "left processes behind (web)" in capsys.readouterr().out

    assert cli.main(["stop"]) == 0
    assert "postgres and redis of dev stopped" in capsys.readouterr().out
    assert not any(processes.group_exists(pid) for pid, _ in site.children)


# --- manage -------------------------------------------------------------------
def test_manage_hands_on_words_folder_servers_and_exit_code(
    checkout: Path,
    own_servers: None,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("F1_CALLED_FROM", str(checkout))
    assert cli.main(["manage", "ingest", "--from", "a b.zip"]) == 7
    words, database, redis = capfd.readouterr().out.splitlines()
    assert words == f"['ingest', '--from', 'a b.zip'] {checkout}"
    assert database.startswith("DATABASE_URL postgresql://f1@/f1?host=/")
    assert redis.startswith("REDIS_URL unix:///")
    assert cli.main(["status"]) == 0
    assert "dev   down" in capfd.readouterr().out


def test_screenshots_need_a_site_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["screenshots"]) == 1
    assert "Start it with ./run in another terminal" in capsys.readouterr().err


def test_manage_uses_the_servers_it_is_given(
    checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import sys; from f1site import cli; from f1site.tests import stand_ins;"
        f"stand_ins.install(__import__('pathlib').Path({str(checkout)!r}), setattr);"
        "cli.main(['manage', 'x']); print('f1site.embedded' in sys.modules)"
    )
    environment = os.environ | {"DATABASE_URL": "postgresql://a/b", "REDIS_URL": "r://"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    words = capfd.readouterr().out.splitlines()
    assert words[1:] == ["DATABASE_URL postgresql://a/b", "REDIS_URL r://", "False"]


def test_manage_starts_only_the_server_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a/b")
    monkeypatch.delenv("REDIS_URL")
    assert cli.main(["manage", "x"]) == 7
    words = capfd.readouterr().out
    assert "DATABASE_URL postgresql://a/b\nREDIS_URL unix:///" in words


def test_manage_passes_a_signal_on(checkout: Path) -> None:
    other = elsewhere(checkout, "manage", "sleep")
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    other.send_signal(signal.SIGTERM)
    other.communicate(timeout=PATIENCE)
    assert other.returncode == 128 + signal.SIGTERM


def test_foreground_forwards_to_its_child() -> None:
    default = signal.getsignal(signal.SIGTERM)

    def ask() -> None:
        wait_until(lambda: signal.getsignal(signal.SIGTERM) != default)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=ask).start()
    command = [sys.executable, "-c", "import time; time.sleep(30)"]
    assert foreground(command, environment=os.environ) == 128 + signal.SIGTERM


def test_stop_leaves_servers_that_are_in_use(
    checkout: Path, own_servers: None, capsys: pytest.CaptureFixture[str]
) -> None:
    other = elsewhere(checkout, "manage", "sleep")
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    assert cli.main(["stop"]) == 1
    assert f"in use by process {other.pid}" in capsys.readouterr().out
    other.terminate()
    other.communicate(timeout=PATIENCE)


# --- words --------------------------------------------------------------------
def test_help_and_unknown_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    assert "./run doctor" in capsys.readouterr().out
    assert cli.main(["dance"]) == 2
    assert "knows no 'dance'" in capsys.readouterr().err
    assert cli.main(["stop", "now"]) == 1
    assert "takes no arguments" in capsys.readouterr().err


def test_production_without_servers_is_refused(
    own_servers: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    assert cli.main(["manage", "check"]) == 1
    assert "no DATABASE_URL and no REDIS_URL" in capsys.readouterr().err


def test_missing_system_library_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "LIBRARIES", {"libnone.so.1": "libnone1"})
    assert cli.main(["manage", "check"]) == 1
    assert "apt-get install libnone1" in capsys.readouterr().err


def test_state_that_cannot_be_kept_is_named(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(checkout / "manage.py"))
    assert cli.main(["up"]) == 1
    assert "cannot be made (Not a directory)" in capsys.readouterr().err


def test_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "none"]) == 1
    assert "No benchmark 'none'" in capsys.readouterr().err


def test_unreadable_record_is_no_site(checkout: Path) -> None:
    (checkout / "var" / "dev").mkdir(parents=True)
    record.record_file().write_text("{")
    assert record.read() is None
    assert record.orphans() == []


def test_address_is_shown_as_a_browser_reaches_it() -> None:
    assert Address("0.0.0.0", 8000).url == "http://127.0.0.1:8000/"  # noqa: S104
    assert Address("::1", 8000).bind == "[::1]:8000"


def test_child_that_keeps_dying_is_restarted_ever_more_slowly(checkout: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    child = Child("web", command, 34, checkout / "web.log", os.environ)
    child.start()
    assert child.process is not None
    child.process.wait()
    assert not child.tend()
    assert child.pause == 2.0
    child.restart_at = time.monotonic()
    assert child.tend()
    child.kill()


# --- check --------------------------------------------------------------------
def test_check_runs_every_check_though_one_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Check("good", [sys.executable, "-c", "print('quiet')"])
    bad = Check("bad", [sys.executable, "-c", "print('loud'); exit(1)"])
    monkeypatch.setattr(checks, "checks", lambda _: [bad, good])
    assert cli.main(["check"]) == 1
    words = capsys.readouterr().out
    assert "loud" in words
    assert "quiet" not in words
    assert words.endswith("1 of 2 failed: bad\n")
    assert cli.main(["check", "good"]) == 0
    assert cli.main(["check", "best"]) == 2


def test_deployment_check_has_new_secrets_and_the_right_servers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    servers = {"DATABASE_URL": "postgresql://a/b", "REDIS_URL": "redis://c"}
    first, second = checks.production(servers), checks.production(servers)
    assert first["SECRET_KEY"] != second["SECRET_KEY"]
    assert first["DATABASE_URL"] == "postgresql://a/b"
    monkeypatch.setattr(checks, "COUNTED", tmp_path / "nothing")
    always = "lint format types templates imports migrations unsafe deployment".split()
    always += "dockerfile compose kubernetes".split()
    always += ["prometheus", "shell"]
    for ci, names in (("", always), ("true", [*always, "coverage"])):
        monkeypatch.setenv("CI", ci)
        assert [check.name for check in checks.checks(servers)] == names


# --- the script ---------------------------------------------------------------
@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A bare copy of the entrance in a folder with a blank."""
    folder = tmp_path / "a bare copy"
    folder.mkdir()
    shutil.copy(ROOT / "run", folder)
    (folder / "requirements-dev.lock").write_text("uv==0 \\\n    --hash=sha256:0\n")
    return folder / "run"


def shell(script: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(script), "--help"],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def fake_python(folder: Path, text: str) -> str:
    folder.mkdir()
    for name in ("python3", "python3.11", "python3.12"):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_script_goes_straight_on_when_the_environment_is_current(script: Path) -> None:
    programs = script.parent / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(
        '#!/bin/sh\n[ "$1" = -V ] && echo Python 3.11.0 && exit\necho "$@"\n'
    )
    (programs / "python").chmod(0o755)
    lock = script.parent / "requirements-dev.lock"
    sum_ = subprocess.run(["cksum"], stdin=lock.open(), capture_output=True, text=True)
    (programs.parent / "f1-stamp").write_text(f"{sum_.stdout}Python 3.11.0\n")
    result = shell(script)
    assert result.stdout == "-m f1site.cli --help\n"
    assert result.stderr == ""


def test_script_names_the_python_it_needs(script: Path, tmp_path: Path) -> None:
    result = shell(script, PATH=fake_python(tmp_path / "none", "exit 127"))
    assert result.returncode == 1
    assert "apt-get install python3.11" in result.stderr


def test_script_names_the_missing_venv_package(script: Path, tmp_path: Path) -> None:
    text = "case $2 in *version*) echo 3.11 ;; *) exit 1 ;; esac"
    result = shell(script, PATH=fake_python(tmp_path / "bare", text))
    assert result.returncode == 1
    assert "apt-get install python3.11-venv" in result.stderr
