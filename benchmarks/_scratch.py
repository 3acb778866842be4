"""What the benchmarks share: options, a scratch database, a clock."""

import argparse
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def options(about: str, rounds: int) -> argparse.Namespace:
    return parser_of(about, rounds).parse_args()


def parser_of(about: str, rounds: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--archive", help="path of f1db-csv.zip, an F1DB release")
    parser.add_argument("--rounds", type=int, default=rounds)
    return parser


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def unzipped(archive: str) -> Iterator[str]:
    """A folder with the files of the archive, so that unzipping is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        yield folder


@contextmanager
def scratch_database() -> Iterator[None]:
    """A migrated database of its own on the server that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")
    import django

    django.setup()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
