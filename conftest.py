"""Options of the whole test run."""

from pathlib import Path

import pytest


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
        pytest.skip("needs the full archive: pytest --archive PATH/f1db-csv.zip")
    return path.resolve()
