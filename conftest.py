"""Options of the whole test run."""

from pathlib import Path

import pytest

NEEDS_ARCHIVE = "needs the full archive: pytest --archive PATH/f1db-csv.zip"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--archive",
        type=Path,
        help="an F1DB release (f1db-csv.zip), for the tests that need all of it",
    )


@pytest.fixture(scope="session")
def archive(request: pytest.FixtureRequest) -> Path:
    """Where the full archive lies; tests that need it are left out without it."""
    path: Path | None = request.config.getoption("--archive")
    if path is None:
        pytest.skip(NEEDS_ARCHIVE)
    return path.resolve()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say by name what was left out: a skip that nobody sees is a hole."""
    skipped = terminalreporter.stats.get("skipped", [])
    names = [each.nodeid for each in skipped if NEEDS_ARCHIVE in str(each.longrepr)]
    if names:
        terminalreporter.section(NEEDS_ARCHIVE)
        terminalreporter.write_line("\n".join(sorted(names)))
