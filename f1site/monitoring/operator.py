"""The rules as Prometheus's operator takes them: it reads objects, no files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

PLACE: Final = Path("deploy/kubernetes/rules.yaml")
MADE: Final = """\
# The rules of deploy/prometheus/rules/ for the Prometheus operator. Not to be edited:
#   ./run manage validate_monitoring --write
"""


def groups_of(folder: Path) -> list[dict[str, Any]]:
    """The groups of rules of all files."""
    files = sorted((folder / "rules").glob("*.yml"))
    return [
        group for path in files for group in yaml.safe_load(path.read_text())["groups"]
    ]


def prometheus_rule(root: Path) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "f1site", "labels": {"app.kubernetes.io/name": "f1site"}},
        "spec": {"groups": groups_of(root / "deploy" / "prometheus")},
    }


def write(root: Path) -> None:
    rule = prometheus_rule(root)
    text = yaml.safe_dump(rule, sort_keys=False, width=10_000, allow_unicode=True)
    (root / PLACE).write_text(MADE + text)


def faults(root: Path) -> Iterator[str]:
    path = root / PLACE
    there = yaml.safe_load(path.read_text()) if path.exists() else None
    if there != prometheus_rule(root):
        yield f"{PLACE} is not what the rules are: validate_monitoring --write"
