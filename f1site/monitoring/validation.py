"""Whether rules, alerts and dashboards ask for what there is.

Every metric that they name must be one that the site, its workers or an exporter
shows, with the labels they tell it apart by. What Prometheus's own checker says counts
as well, where it is there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from f1site.monitoring import facts, operator, promtool
from f1site.monitoring.exporters import EXPORTERS
from f1site.monitoring.promql import Query, grouped, used

#: Put on each sample by who scrapes it.
SCRAPED: Final = {"job", "instance", "pod"}
RUNBOOK: Final = re.compile(r"^(docs/[\w.-]+\.md)#([\w-]+)$")
SEVERITIES: Final = {"critical", "warning"}
Labels = Mapping[str, frozenset[str]]


@dataclass
class Report:
    """What was looked at, and what is wrong with it."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    n_queries: int = 0
    n_alerts: int = 0


# --- what there is ----------------------------------------------------------------
def exposed() -> dict[str, frozenset[str]]:
    """Each series that site and workers can show, with its labels."""
    from django_prometheus.middleware import Metrics
    from prometheus_client import REGISTRY

    Metrics.get_instance()  # registers those of requests
    found: dict[str, frozenset[str]] = {
        name: frozenset(family.labels) for name, family in facts.FAMILIES.items()
    }
    for collector in list(REGISTRY._collector_to_names):
        labels = frozenset(getattr(collector, "_labelnames", ()))
        kind = getattr(collector, "_type", "")
        name = getattr(collector, "_name", "")
        for series, more in _series(name, kind):
            found[series] = labels | more
    return found


def _series(name: str, kind: str) -> Iterator[tuple[str, frozenset[str]]]:
    none: frozenset[str] = frozenset()
    if kind == "counter":
        yield f"{name}_total", none
    elif kind == "histogram":
        yield f"{name}_bucket", frozenset({"le"})
        yield f"{name}_sum", none
        yield f"{name}_count", none
    elif kind == "gauge":
        yield name, none


def known(rules: list[dict[str, Any]]) -> dict[str, frozenset[str] | None]:
    """All that a query may name; of what a rule records any label may be asked."""
    recorded = {rule["record"]: None for rule in rules if "record" in rule}
    of_exporters = {name: frozenset(labels) for name, labels in EXPORTERS.items()}
    return {**exposed(), **of_exporters, **recorded}


# --- what is asked for ------------------------------------------------------------
def rules_of(folder: Path) -> list[dict[str, Any]]:
    return [rule for group in operator.groups_of(folder) for rule in group["rules"]]


def queries_of(rules: list[dict[str, Any]], dashboards: Path) -> list[Query]:
    found = [
        Query(str(rule.get("alert") or rule.get("record")), rule.get("expr", ""))
        for rule in rules
    ]
    for path in sorted(dashboards.glob("*.json")):
        board = json.loads(path.read_text())
        for panel in panels_of(board):
            found += [
                Query(f"{path.name}, {panel['title']}", target["expr"])
                for target in panel.get("targets", [])
            ]
        found += [
            Query(f"{path.name}, annotation {note['name']}", note["expr"])
            for note in board.get("annotations", {}).get("list", [])
            if "expr" in note
        ]
    return found


def panels_of(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in board.get("panels", []):
        yield panel
        yield from panels_of(panel)


# --- checks -----------------------------------------------------------------------
def validate(root: Path) -> Report:
    """Everything that can be seen in the files alone."""
    folder, dashboards = root / "deploy" / "prometheus", root / "deploy" / "grafana"
    rules = rules_of(folder)
    queries = queries_of(rules, dashboards / "dashboards")
    report = Report(n_queries=len(queries))
    there = known(rules)
    for query in queries:
        report.faults += _faults_of(query, there)
    for rule in rules:
        if "alert" in rule:
            report.n_alerts += 1
            report.faults += _faults_of_alert(rule, root)
    report.faults += _untested(rules, folder)
    report.faults += _faults_of_boards(dashboards / "dashboards")
    report.faults += operator.faults(root)
    if promtool.is_here():
        report.faults += promtool.faults(folder, queries)
    else:
        report.notes.append(promtool.NOT_HERE)
    return report


def _faults_of(
    query: Query, there: Mapping[str, frozenset[str] | None]
) -> Iterator[str]:
    labels: set[str] = set(SCRAPED)
    knows_all = True
    for one in used(query.expr):
        if one.name not in there:
            yield f"{query.where}: nobody shows a metric {one.name}"
            knows_all = False
            continue
        known_labels = there[one.name]
        if known_labels is None:
            knows_all = False
            continue
        labels |= known_labels
        for label in sorted(one.labels - known_labels - SCRAPED):
            yield f"{query.where}: {one.name} has no label {label}"
    if knows_all:
        for label in sorted(grouped(query.expr) - labels):
            yield f"{query.where}: groups by {label}, which none of its metrics has"


def _faults_of_alert(rule: Mapping[str, Any], root: Path) -> Iterator[str]:
    name = rule["alert"]
    notes = rule.get("annotations", {})
    if rule.get("labels", {}).get("severity") not in SEVERITIES:
        yield f"{name}: its severity is neither {' nor '.join(sorted(SEVERITIES))}"
    if not notes.get("summary"):
        yield f"{name}: has no summary"
    found = RUNBOOK.match(notes.get("runbook", ""))
    if not found:
        yield f"{name}: names no line of a runbook"
        return
    path = root / found[1]
    headings = headings_of(path) if path.exists() else set()
    if found[2] not in headings:
        yield f"{name}: {found[1]} has no heading #{found[2]}"


def headings_of(path: Path) -> set[str]:
    """The headings of a page, as links name them."""
    lines = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in lines
    }


def _untested(rules: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    """Each alert must be seen to fire, and to clear."""
    fires: set[str] = set()
    clears: set[str] = set()
    for path in sorted((folder / "tests").glob("*.yml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for look in test.get("alert_rule_test", []):
                (fires if look["exp_alerts"] else clears).add(look["alertname"])
    for rule in rules:
        if name := rule.get("alert"):
            for what, seen in (("fires", fires), ("clears", clears)):
                if name not in seen:
                    yield f"{name}: no test shows that it {what}"


def _faults_of_boards(folder: Path) -> Iterator[str]:
    """A figure without a unit or a word of what it is helps nobody."""
    for path in sorted(folder.glob("*.json")):
        for panel in panels_of(json.loads(path.read_text())):
            where = f"{path.name}, {panel['title']}"
            if panel["type"] == "row":
                continue
            if not panel.get("description"):
                yield f"{where}: has no description"
            if not panel["fieldConfig"]["defaults"].get("unit"):
                yield f"{where}: has no unit"
