"""Every operation of the API asked for what is sense and what is not.

    ./run fuzz [--examples 4] [--phases examples,coverage,fuzzing,stateful] [--seed N]

The starter record is served by a site of its own, without limits, and schemathesis asks
it as nobody, as a viewer and as an admin. The run fails at the first kind of: a failure
of the server; a status, header or media type that the description does not know; a body
that is not what it says. What is drawn follows the seed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from f1site.entrance.say import say
from f1site.testing.serving import (
    NO_LIMITS,
    SITE,
    get,
    on_scratch,
    scratch_database,
    serving,
    session_of,
)

NOW = "2025-03-10T12:00Z"
SEED = 1950
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
READERS = ("nobody", "viewer", "admin")
TOKEN = "f" * 32


def main() -> int:
    asked = _asked()
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {"F1_NOW": NOW, "VAR_DIR": var, "WEB_WORKERS": "2", **NO_LIMITS}
        with scratch_database():
            _fill(with_forecasts=not asked.without_forecasts)
            with serving(SITE, Path(var) / "site", on_scratch()) as url:
                description = Path(var) / "schema.json"
                description.write_bytes(get(f"{url}/api/schema/?format=json"))
                counts = [_ask(reader, url, description, asked) for reader in READERS]
    total = sum(generated for generated, _ in counts)
    say(f"{total} cases, {sum(failed for _, failed in counts)} failed")
    return 1 if any(failed for _, failed in counts) else 0


def _fill(*, with_forecasts: bool) -> None:
    """As the first start does; models take most of the time."""
    from django.core.management import call_command

    if with_forecasts:
        call_command("prepare")
    else:
        call_command("load_starter")
        call_command("rate")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--examples", type=int, default=4, help="drawn an operation")
    parser.add_argument("--without-forecasts", action="store_true", help="is faster")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--seed", type=int, default=SEED)
    return parser.parse_args()


def _ask(
    reader: str, url: str, description: Path, asked: argparse.Namespace
) -> tuple[int, int]:
    """How many cases, and how many of them failed."""
    report = description.with_name(f"{reader}.json")
    command = [sys.executable, "-m", "schemathesis.cli", "run", os.fspath(description)]
    command += ["--url", url, "--seed", str(asked.seed), "--no-shrink", "-w", "2"]
    command += ["-n", str(asked.examples), "--phases", asked.phases]
    command += ["--checks", ",".join(CHECKS), "--continue-on-failure", "--no-color"]
    command += ["--report", "json", "--report-json-path", os.fspath(report)]
    for header in _headers(reader):
        command += ["-H", header]
    told = subprocess.run(  # noqa: S603 - of our own making
        command,
        cwd=description.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        raise SystemExit(f"{told.stdout}\n{told.stderr}")
    found = json.loads(report.read_text())
    cases = found["test_cases"]
    failed = cases["with_failures"] + cases["errored"] + len(found["errors"])
    if failed or told.returncode:
        say(told.stdout)
    say(f"{reader}: {cases['generated']} cases, {failed} failed")
    return cases["generated"], failed or int(told.returncode != 0)


def _headers(reader: str) -> list[str]:
    """With the token against forgery, so that the forms are reached, too."""
    if reader == "nobody":
        return []
    cookie = f"sessionid={session_of(reader)}; csrftoken={TOKEN}"
    return [f"Cookie: {cookie}", f"X-CSRFToken: {TOKEN}"]


if __name__ == "__main__":
    sys.exit(main())
