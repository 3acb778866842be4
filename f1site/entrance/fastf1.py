"""``./run fastf1``: FastF1 reads this site, and must get what it gets at the source.

FastF1 has an environment of its own, from a lock of its own: what it needs (pandas,
matplotlib and more) is no business of the site.
"""

import os
import subprocess
import sys
import zlib
from pathlib import Path

from f1site.entrance.foreground import foreground, python
from f1site.entrance.places import ROOT, make_folder, var_folder
from f1site.entrance.say import Trouble, say
from f1site.entrance.system import check_system

LOCK = ROOT / "requirements-fastf1.lock"
TESTS = "predictions/tests/test_fastf1.py"
#: Where the tests look for the interpreter that has FastF1.
VARIABLE = "FASTF1_PYTHON"


def fastf1(arguments: list[str]) -> int:
    """Build the environment where it is missing or out of date, and run the tests."""
    check_system()
    interpreter = _interpreter(make_folder(var_folder() / "fastf1"))
    environment = dict(os.environ) | {
        "ENVIRONMENT": "test",
        VARIABLE: os.fspath(interpreter),
    }
    command = python("-m", "pytest", "--no-cov", "-q", *arguments, TESTS)
    return foreground(command, environment=environment)


def _interpreter(folder: Path) -> Path:
    found, stamp = folder / "venv/bin/python", folder / "stamp"
    wanted = f"{zlib.crc32(LOCK.read_bytes())} {sys.version}"
    if found.exists() and stamp.exists() and stamp.read_text() == wanted:
        return found
    say(f"Building FastF1's environment from {LOCK.name} (only when that changes) …")
    uv = os.fspath(Path(sys.executable).parent / "uv")
    venv = os.fspath(folder / "venv")
    made = [uv, "venv", "-q", "--clear", "--python", sys.executable, venv]
    filled = [uv, "pip", "sync", "-q", "--require-hashes", "--python", venv]
    stamp.unlink(missing_ok=True)
    for command in (made, [*filled, os.fspath(LOCK)]):
        done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 - spelled out
        if done.returncode:
            raise Trouble("FastF1's environment could not be built; uv has said why.")
    stamp.write_text(wanted)
    return found
