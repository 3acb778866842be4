"""``validate_monitoring``: clean as it is, loud about each fault that is planted."""

import os
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from f1site.entrance.system import NO_PROGRAM
from f1site.monitoring.promql import grouped, used

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None and not os.environ.get("CI"),
    reason=f"{NO_PROGRAM} prometheus",
)
ALERTS = "deploy/prometheus/rules/alerts.yml"
LEVELS = "deploy/prometheus/rules/levels.yml"
TESTS = "deploy/prometheus/tests/alerts.yml"
CONFIG = "deploy/prometheus/prometheus.yml"
CLUSTER = "deploy/prometheus/kubernetes.yml"
SPORT = "deploy/grafana/dashboards/sport.json"
OPERATOR = "deploy/kubernetes/rules.yaml"
RUNBOOK = "docs/runbook.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy, to be spoilt."""
    shutil.copytree(settings.BASE_DIR / "deploy", tmp_path / "deploy")
    (tmp_path / "docs").mkdir()
    shutil.copy(settings.BASE_DIR / RUNBOOK, tmp_path / RUNBOOK)
    return tmp_path


def spoil(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text, f"{path.name} has no {before!r} any more"
    path.write_text(text.replace(before, after, 1))


def validate(root: Path, **options: bool) -> str:
    out = StringIO()
    try:
        call_command("validate_monitoring", root=root, stdout=out, **options)
    except CommandError as error:
        out.write(f"failed: {error}")
    return out.getvalue()


@needs_promtool
def test_all_of_it_is_sound() -> None:
    said = validate(settings.BASE_DIR)

    assert "failed" not in said
    assert "alerts ask for what there is" in said


@pytest.mark.parametrize(
    ("file", "before", "after", "fault"),
    [
        (
            ALERTS,
            "max(f1_seal_faults)",
            "max(f1_seal_fault)",
            "no metric|f1_seal_fault",
        ),
        (
            SPORT,
            "f1_driver_elo_rating",
            "f1_driver_elo",
            "shows a metric f1_driver_elo",
        ),
        (LEVELS, 'view=~"api:', 'page=~"api:', "has no label page"),
        (ALERTS, "by (queue)", "by (line)", "groups by line"),
        (ALERTS, "#f1queueold", "#f1oldqueue", "has no heading #f1oldqueue"),
        (ALERTS, "severity: critical", "severity: urgent", "its severity is neither"),
        (RUNBOOK, "## F1SealsBroken", "## Seals", "has no heading #f1sealsbroken"),
        (TESTS, "alertname: F1CpuHigh", "alertname: F1Cpu", "no test shows"),
        (SPORT, '"unit": "s"', '"unit": ""', "has no unit"),
        (SPORT, "A step a race.", "", "has no description"),
        (OPERATOR, "> 0.05", "> 0.5", f"{OPERATOR} is not what the rules are"),
        (ALERTS, "> 0.05", "> 0.5", f"{OPERATOR} is not what the rules are"),
        (LEVELS, "interval: 5m", "interval: 9m", f"{OPERATOR} is not what the rules"),
    ],
)
def test_a_fault_in_the_files_is_named(
    file: str,
    before: str,
    after: str,
    fault: str,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")  # without promtool, which has its own tests
    spoil(root / file, before, after)

    said = validate(root)

    assert fault.split("|")[-1] in said
    assert "promtool is not here" in said
    assert "failed: " in said


def test_the_rules_of_the_operator_are_made_anew(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    spoil(root / ALERTS, "> 0.05", "> 0.5")

    assert "failed" not in validate(root, write=True)

    assert "> 0.5\n" in (root / OPERATOR).read_text()


@needs_promtool
def test_what_promtool_finds_is_told(root: Path) -> None:
    """One run for all: each of its checks takes a while."""
    spoil(root / SPORT, "max(f1_season_on)", "max(f1_season_on")
    spoil(root / TESTS, "40% of the", "41% of the")
    spoil(root / CONFIG, "scrape_interval", "scrape_intervall")
    spoil(root / CLUSTER, "role: node", "role: planet")
    spoil(root / ALERTS, "for: 2m", "for: soon")

    said = validate(root)

    for fault in (
        "unclosed left parenthesis",
        "promtool test rules",
        "scrape_intervall",
        "no role",
        "soon",
    ):
        assert fault in said, fault


def test_a_query_is_read_for_what_it_names() -> None:
    expr = (
        'sum by (le, job) (rate(a_b_bucket{view=~"x:.*", le!="1"}[5m] offset 1h))'
        " / on (instance) group_left c:d:e5m > bool 1e3 or vector(0) and f{g='h}'}"
    )

    assert {(one.name, one.labels) for one in used(expr)} == {
        ("a_b_bucket", frozenset({"view", "le"})),
        ("c:d:e5m", frozenset()),
        ("f", frozenset({"g"})),
    }
    assert grouped(expr) == {"le", "job", "instance"}
