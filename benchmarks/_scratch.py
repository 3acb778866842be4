"""What the benchmarks share: options, a clock, an archive unzipped."""

import argparse
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
    sys.stdout.flush()


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
