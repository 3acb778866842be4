"""Prometheus's own checker: the grammar of configuration, rules and queries."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from f1site.monitoring.promql import Query

ROLES: Final = {"pod", "endpoints", "node", "service"}
NOT_HERE: Final = (
    "promtool is not here (Debian: apt-get install prometheus): the grammar of"
    " configuration, rules and queries was not checked"
)


def is_here() -> bool:
    return shutil.which("promtool") is not None


def faults(folder: Path, queries: list[Query]) -> Iterator[str]:
    """What it has against the files of the folder and against the queries."""
    yield from _unknown_finders(folder)
    rules = sorted(map(str, (folder / "rules").glob("*.yml")))
    tests = sorted(map(str, (folder / "tests").glob("*.yml")))
    checks = [["check", "rules", *rules], ["test", "rules", *tests]]
    with tempfile.TemporaryDirectory() as named:
        place = Path(named)
        for path in _configs(folder, place):
            checks.append(["check", "config", "--syntax-only", str(path)])
        checks.append(["check", "rules", str(_as_rules(queries, place))])
        for check in checks:
            done = subprocess.run(  # noqa: S603 - the checker, on files of ours
                ["promtool", *check],  # noqa: S607
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                said = " ".join((done.stderr + done.stdout).split())
                yield f"promtool {' '.join(check[:2])}: {said}"


def _unknown_finders(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.yml")):
        for job in yaml.safe_load(path.read_text())["scrape_configs"]:
            for finder in job.get("kubernetes_sd_configs", []):
                if finder.get("role") not in ROLES:
                    yield f"{path.name}, {job['job_name']}: no role {finder}"


def _configs(folder: Path, place: Path) -> Iterator[Path]:
    """Configurations that any build of promtool reads: Debian's knows no clusters."""
    for path in sorted(folder.glob("*.yml")):
        config = yaml.safe_load(path.read_text())
        for job in config["scrape_configs"]:
            job.pop("kubernetes_sd_configs", None)
        copy = place / path.name
        copy.write_text(yaml.safe_dump(config))
        yield copy


def _as_rules(queries: list[Query], place: Path) -> Path:
    """Every query as a rule, so that promtool parses it."""
    rules = [
        {"record": f"query:{n}", "expr": query.filled(), "labels": {"of": query.where}}
        for n, query in enumerate(queries)
    ]
    path = place / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    return path
