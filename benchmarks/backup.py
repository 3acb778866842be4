"""The drill: back up, restore into a new server, start, and compare every row.

    ./run bench backup [--archive PATH]

A site of its own is filled (with the whole archive, where one is named). Its backup is
restored into a second server that nothing was on, the site is started there, and the
front page asked. From the empty server to the page must take no more than a minute.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from benchmarks._scratch import parser_of, say
from benchmarks.outages import NOW, manage
from f1site.embedded.state import State
from f1site.embedded.supervisor import Lease, program_folder, servers
from f1site.testing.serving import NO_LIMITS, SITE, get, serving

LIMIT_S = 60.0


def main() -> int:
    asked = parser_of(str(__doc__), 1).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        var.chmod(0o755)
        with servers(State(var / "old")) as lease:
            environment = _environment(lease, var / "state")
            manage(environment, "prepare")
            if asked.archive:
                manage(environment, "ingest_archive", "--from", asked.archive)
                manage(environment, "rate")
            before = _rows(lease)
            began = time.monotonic()
            manage(environment, "backup", str(var / "backups"))
            took_s = time.monotonic() - began
        (file,) = (var / "backups").glob("*.tar")
        return _drill(var, file, before, took_s)


def _drill(
    var: Path, file: Path, before: Mapping[str, tuple[int, str]], took_s: float
) -> int:
    began = time.monotonic()
    with servers(State(var / "new")) as lease:
        environment = _environment(lease, var / "second-state")
        manage(environment, "restore", str(file))
        restored_s = time.monotonic() - began
        after = _rows(lease)  # before the site writes down what it answers
        with serving(SITE, var / "figures", environment) as url:
            page = get(url)
            page_s = time.monotonic() - began
    n_rows = sum(count for count, _ in before.values())
    same = sum(before[name] == after.get(name) for name in before)
    size = file.stat().st_size / 1e6
    say(f"backup    {took_s:6.1f} s, {size:.1f} MB, {n_rows:,} rows")
    say(f"restore   {restored_s:6.1f} s, the new server included")
    say(f"first page{page_s:6.1f} s, {len(page):,} bytes")
    say(f"tables    {same} of {len(before)} with the same rows")
    return 0 if before == after and page and page_s <= LIMIT_S else 1


def _environment(lease: Lease, var: Path) -> dict[str, str]:
    path = f"{os.environ['PATH']}:{program_folder()}"
    own = {"VAR_DIR": str(var), "F1_NOW": NOW, "PATH": path}
    return {**os.environ, **lease.environment(), **NO_LIMITS, **own}


def _rows(lease: Lease) -> dict[str, tuple[int, str]]:
    from f1site.backups import rows_of

    with psycopg.connect(lease.environment()["DATABASE_URL"]) as database:
        return rows_of(database)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")
    sys.exit(main())
