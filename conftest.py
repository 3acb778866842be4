"""Options of the whole test run."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from f1site.entrance.fastf1 import VARIABLE
from f1site.entrance.system import NO_BROWSER, NO_PROGRAM

#: No test may fail because the machine is busy.
hypothesis.register_profile(
    "busy", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.load_profile("busy")

NEEDS_ARCHIVE = "needs the full archive: pytest --archive PATH/f1db-csv.zip"
NEEDS_SAMPLES = (
    "needs recorded answers of the live source: pytest --ergast-samples FOLDER"
    " (or ERGAST_SAMPLES=FOLDER)"
)

NEEDS_FASTF1 = "needs FastF1, which has an environment of its own: ./run fastf1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--archive",
        type=Path,
        help="an F1DB release (f1db-csv.zip), for the tests that need all of it",
    )
    parser.addoption(
        "--ergast-samples",
        type=Path,
        default=os.environ.get("ERGAST_SAMPLES") or None,
        help="a folder of recorded answers with their addresses in _index.json",
    )


@pytest.fixture(scope="session")
def archive(request: pytest.FixtureRequest) -> Path:
    """Where the full archive lies; tests that need it are left out without it."""
    path: Path | None = request.config.getoption("--archive")
    if path is None:
        pytest.skip(NEEDS_ARCHIVE)
    return path.resolve()


@pytest.fixture(scope="session")
def ergast_samples(request: pytest.FixtureRequest) -> Path:
    """Where recorded answers lie; tests that replay them are left out without."""
    path: Path | None = request.config.getoption("--ergast-samples")
    if path is None:
        pytest.skip(NEEDS_SAMPLES)
    return Path(path).resolve()


@pytest.fixture(scope="session")
def fastf1_python() -> Path:
    """The interpreter that has FastF1; ``./run fastf1`` builds it and says where."""
    path = os.environ.get(VARIABLE)
    if not path:
        pytest.skip(NEEDS_FASTF1)
    return Path(path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say by name what was left out: a skip that nobody sees is a hole."""
    skipped = terminalreporter.stats.get("skipped", [])
    needs = (NEEDS_ARCHIVE, NEEDS_SAMPLES, NEEDS_FASTF1, NO_BROWSER, NO_PROGRAM)
    for need in needs:
        names = [each.nodeid for each in skipped if need in str(each.longrepr)]
        if names:
            terminalreporter.section(need)
            terminalreporter.write_line("\n".join(sorted(names)))
