"""Whether a running site, and a running Prometheus, show what is asked of them."""

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection, Iterator
from typing import Any, Final

from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from f1site.monitoring import facts
from f1site.monitoring.exporters import EXPORTERS
from f1site.monitoring.promql import Query, used
from f1site.monitoring.validation import exposed

PATIENCE_S: Final = 15
#: How the metrics of an exporter begin → the job that scrapes it.
JOBS: Final = {
    "node_": "node",
    "pg_": "postgres",
    "redis_": "redis",
    "container_": "cadvisor",
    "flower_": "flower",
}
#: Nothing where all is well.
QUIET: Final = "ALERTS"
OURS: Final = ("f1-analytics-api-gateway", "f1-analytics-prediction-service")


def of_site(url: str) -> Iterator[str]:
    """What is wrong with the figures of the site."""
    try:
        text = _get(f"{url.rstrip('/')}/metrics", settings.METRICS_TOKEN)
    except OSError as error:
        yield f"{url}: its metrics cannot be read: {error}"
        return
    there = exposed()
    families = set()
    for family in text_string_to_metric_families(text):
        families.add(family.name)
        for sample in family.samples:
            yield from _stranger(sample.name, sample.labels, there)
    for name in sorted(facts.FAMILIES.keys() - families):
        yield f"{url}: shows no {name}"


def _stranger(
    name: str, labels: Collection[str], there: dict[str, frozenset[str]]
) -> Iterator[str]:
    if name.startswith(("f1_", "django_")) and not name.endswith("_created"):
        if name not in there:
            yield f"{name} is shown, but nobody knows it"
        elif set(labels) != there[name]:
            yield f"{name} is told apart by {', '.join(labels)}"


# --- Prometheus -------------------------------------------------------------------
def of_prometheus(url: str, queries: list[Query]) -> tuple[list[str], list[str]]:
    """Faults and notes: targets of ours down, rules ill, queries without an answer."""
    try:
        up = _up(url)
    except OSError as error:
        return [f"{url}: Prometheus does not answer: {error}"], []
    faults = [f"{url}: no target of {job} is up" for job in OURS if not up.get(job)]
    faults += _ill_rules(url)
    notes = []
    for query in queries:
        missing = {job for job in _jobs(query) if not up.get(job)}
        if missing:
            notes.append(f"{query.where}: not asked, {', '.join(missing)} is not up")
        elif fault := _fault_of(url, query):
            faults.append(fault)
    return faults, notes


def _jobs(query: Query) -> set[str]:
    """The exporters that a query needs; one of several lines of a panel may."""
    names = [one.name for one in used(query.expr) if one.name in EXPORTERS]
    return {
        job for name in names for start, job in JOBS.items() if name.startswith(start)
    }


def _up(url: str) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for sample in ask(url, "up"):
        job = sample["metric"]["job"]
        found[job] = found.get(job, True) and sample["value"][1] == "1"
    return found


def _ill_rules(url: str) -> Iterator[str]:
    told = json.loads(_get(f"{url.rstrip('/')}/api/v1/rules"))
    for group in told["data"]["groups"]:
        for rule in group["rules"]:
            if rule["health"] == "err":
                yield f"{rule['name']}: {rule.get('lastError', 'fails')}"


def _fault_of(url: str, query: Query) -> str:
    try:
        samples = ask(url, query.filled())
    except OSError as error:
        return f"{query.where}: {error}"
    if query.expr.startswith(QUIET):
        return ""
    values = [float(sample["value"][1]) for sample in samples]
    if all(math.isnan(value) for value in values):
        return f"{query.where}: has no data"
    return ""


def ask(url: str, expr: str) -> list[Any]:
    """The samples that an expression has at this moment."""
    query = urllib.parse.urlencode({"query": expr})
    told = json.loads(_get(f"{url.rstrip('/')}/api/v1/query?{query}"))
    samples: list[Any] = told["data"]["result"]
    return samples


def _get(url: str, token: str = "") -> str:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - as told
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
        return str(answer.read().decode())
