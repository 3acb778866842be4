"""The files for Kubernetes: what they say of each other, and of what a site needs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings

from f1site.base.postgres.budget import budget
from f1site.base.signs import SILENT_S
from f1site.entrance import deployment
from f1site.entrance.places import ROOT

KUBERNETES = ROOT / deployment.KUBERNETES


def objects() -> list[dict[str, Any]]:
    texts = [path.read_text() for path in sorted(KUBERNETES.glob("*.yaml"))]
    return [one for text in texts for one in yaml.safe_load_all(text)]


def test_kubernetes_objects_find_each_other() -> None:
    kinds = {kind: [o for o in objects() if o["kind"] == kind] for kind in KINDS}
    pods = [deployment["spec"]["template"] for deployment in kinds["Deployment"]]
    for service in kinds["Service"]:
        chosen = [pod for pod in pods if matches(service["spec"]["selector"], pod)]
        ports = {port["name"] for pod in chosen for port in ports_of(pod)}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for monitor in kinds["ServiceMonitor"]:
        wanted = monitor["spec"]["selector"]["matchLabels"]
        (service,) = (one for one in kinds["Service"] if matches(wanted, one))
        names = {port["name"] for port in service["spec"]["ports"]}
        assert {end["port"] for end in monitor["spec"]["endpoints"]} <= names
    for budgeted in kinds["PodDisruptionBudget"]:
        assert any(
            matches(budgeted["spec"]["selector"]["matchLabels"], pod) for pod in pods
        )
    (scaler,) = kinds["HorizontalPodAutoscaler"]
    names = {deployment["metadata"]["name"] for deployment in kinds["Deployment"]}
    assert scaler["spec"]["scaleTargetRef"]["name"] in names


def test_no_pod_gets_settings_from_the_names_of_services() -> None:
    """A service flower would set FLOWER_PORT to tcp://…, and Flower would not start."""
    pods = {one["metadata"]["name"]: spec for one in objects() for spec in pods_in(one)}
    assert {"backup", "flower", "prepare", "web", "worker"} <= set(pods)
    for name, spec in pods.items():
        assert spec.get("enableServiceLinks") is False, name


def pods_in(one: Any) -> Iterator[dict[str, Any]]:
    """Whatever holds containers, at any depth."""
    if isinstance(one, dict) and "containers" in one:
        yield one
    elif isinstance(one, dict):
        for part in one.values():
            yield from pods_in(part)


def test_kustomize_takes_every_file() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    there = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed["resources"]) == there


KINDS = (
    "Deployment",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "Service",
    "ServiceMonitor",
)


def matches(wanted: dict[str, str], one: dict[str, Any]) -> bool:
    return bool(wanted.items() <= one["metadata"]["labels"].items())


def ports_of(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [port for c in pod["spec"]["containers"] for port in c.get("ports", [])]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {o["metadata"]["name"]: o for o in objects() if o["kind"] == kind}


def configured() -> dict[str, str]:
    values: dict[str, str] = of_kind("ConfigMap")["f1site"]["data"]
    return values


# --- connections to the database ----------------------------------------------
#: What a Postgres that nobody told otherwise lets in, without those it reserves.
STOCK = 100 - 3


def n_pods(one: dict[str, Any]) -> int:
    """As many as there are at most, while an old one is replaced by a new one."""
    scalers = of_kind("HorizontalPodAutoscaler").values()
    scaled = [
        scaler["spec"]["maxReplicas"]
        for scaler in scalers
        if scaler["spec"]["scaleTargetRef"]["name"] == one["metadata"]["name"]
    ]
    replicas = max([one["spec"].get("replicas", 1), *scaled])
    strategy = one["spec"]["strategy"]
    if strategy["type"] == "Recreate":
        return int(replicas)
    return int(replicas + strategy["rollingUpdate"]["maxSurge"])


def n_processes(name: str, container: dict[str, Any]) -> int:
    """Those of a pod that hold a pool; Flower asks the workers alone."""
    words = container.get("command", [])
    if "--concurrency" in words:
        return int(words[words.index("--concurrency") + 1])
    return {"web": int(configured()["WEB_WORKERS"]), "flower": 0}.get(name, 1)


def test_every_pod_there_may_be_has_its_share_of_the_connections() -> None:
    held = {}
    for name, one in of_kind("Deployment").items():
        (spec,) = pods_in(one)
        held[name] = n_pods(one) * n_processes(name, spec["containers"][0])
    for kind in ("Job", "CronJob"):
        held |= dict.fromkeys(of_kind(kind), 1)

    asked = budget(configured())

    assert sum(held.values()) == asked.processes, held
    # So no thread of a web process waits for another one's connection.
    assert asked.most >= int(configured()["WEB_THREADS"])
    assert asked.most * asked.processes <= asked.total
    assert asked.needed <= STOCK


# --- probes of the workers ----------------------------------------------------
WORKERS = ("worker", "worker-long")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_is_asked_whether_it_lives_with_metrics_off_as_well(
    worker: str, tmp_path: Path
) -> None:
    (spec,) = pods_in(of_kind("Deployment")[worker])
    (container,) = spec["containers"]
    sign = configured()["WORKER_SIGN_FILE"]
    assert sign.startswith("/tmp/")  # noqa: S108 - of the pod, and not of all pods
    here = tmp_path / "sign"

    def live(age_s: float | None) -> list[bool]:
        here.unlink(missing_ok=True)
        if age_s is not None:
            here.touch()
            moment = here.stat().st_mtime - age_s
            os.utime(here, (moment, moment))
        return [answers(container[probe], sign, here) for probe in PROBES]

    assert live(None) == [False, False, False]
    assert live(1) == [True, True, True]
    assert live(SILENT_S + 60) == [False, False, True]  # Redis may be away so long
    assert live(3600) == [False, False, False]


def answers(probe: dict[str, Any], sign: str, here: Path) -> bool:
    command = [word.replace(sign, str(here)) for word in probe["exec"]["command"]]
    assert str(here) in " ".join(command)
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0


# --- ways out -----------------------------------------------------------------
SERVERS = {"https": 443, "smtp+tls": 587, "smtp+ssl": 465}


def ways_out() -> list[dict[str, Any]]:
    policies = of_kind("NetworkPolicy").values()
    return [way for one in policies for way in one["spec"].get("egress", [])]


def ports(way: dict[str, Any]) -> set[int]:
    return {port["port"] for port in way["ports"]}


def test_what_the_site_asks_lets_the_network_through_and_nothing_else() -> None:
    outside: set[int] = set()
    namespaces: dict[str, set[int]] = {}
    for way in ways_out():
        for to in way["to"]:
            if "ipBlock" in to:
                outside |= ports(way)
            else:
                labels = to["namespaceSelector"].get("matchLabels", {})
                name = labels.get("kubernetes.io/metadata.name", "")
                namespaces[name] = namespaces.get(name, set()) | ports(way)
    sources = (
        *(settings.ARCHIVE_URL, settings.LIVE_URL, settings.PRACTICE_URL),
        *(settings.WEATHER_URL, settings.WEATHER_ARCHIVE_URL),
    )

    assert {SERVERS[urlsplit(url).scheme] for url in sources} <= outside
    assert outside == set(SERVERS.values())
    assert namespaces == {
        "": {53},
        "databases": {5432, 6379},
        "monitoring": {4317, 4318},
    }
    servers = configured()["DATABASE_URL"], configured()["REDIS_URL"]
    for url in servers:
        assert str(urlsplit(url).hostname).endswith(".databases")


def test_no_address_of_the_cluster_is_outside() -> None:
    blocks = [
        to["ipBlock"] for way in ways_out() for to in way["to"] if "ipBlock" in to
    ]
    closed = {net for block in blocks for net in block["except"]}
    assert {block["cidr"] for block in blocks} == {"0.0.0.0/0", "::/0"}
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} <= closed
    assert {"169.254.0.0/16", "fc00::/7", "fe80::/10"} <= closed


def test_nobody_comes_in_or_goes_out_unless_told() -> None:
    closed = of_kind("NetworkPolicy")["nobody"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
