"""The files of a deployment: each checker fails at a fault that is planted for it."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from f1site import environment, production
from f1site.entrance import deployment
from f1site.entrance.checks import passes
from f1site.entrance.places import ROOT
from f1site.entrance.system import NO_PROGRAM
from f1site.testing import lint_migrations

VALIDATE = (sys.executable, "manage.py", "validate_production_config")
#: Check → its program, and the package that has it.
NEEDED = {
    "compose": ("docker-compose", "docker-compose"),
    "prometheus": ("promtool", "prometheus"),
    "shell": ("shellcheck", "shellcheck"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that are checked, to plant faults in."""
    for name in ("Dockerfile", "compose.yaml", deployment.TEMPLATE, *deployment.SHELL):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("deploy", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "file", "good", "bad"),
    [
        ("dockerfile", "Dockerfile", "FROM base AS build", "FROM base:latest AS build"),
        ("compose", "compose.yaml", "healthcheck:", "healthchecks:"),
        (
            "compose",
            "deploy/compose.prod.yaml",
            "networks: [inside]",
            "network: inside",
        ),
        ("kubernetes", "deploy/kubernetes/web.yaml", "containerPort", "containerport"),
        (
            "kubernetes",
            "deploy/kubernetes/prepare.yaml",
            "backoffLimit: 3",
            "backoffLimit: few",
        ),
        ("prometheus", "deploy/prometheus/rules/alerts.yml", "expr:", "exprs:"),
        ("prometheus", "deploy/prometheus/kubernetes.yml", "role: pod", "role: pot"),
        ("shell", "scripts/generate_secrets.sh", '"$file"', '"$file'),
        ("shell", "scripts/init_dev.sh", "fi\n", "fi\nunknown=`echo $1\n"),
    ],
)
def test_a_planted_fault_makes_its_checker_fail(
    copy: Path, name: str, file: str, good: str, bad: str
) -> None:
    program, package = NEEDED.get(name, ("sh", ""))
    if not shutil.which(program) and not os.environ.get("CI"):
        pytest.skip(f"{NO_PROGRAM} {package}")
    (check,) = (one for one in deployment.checks(copy) if one.name == name)
    assert not check.missing
    text = (copy / file).read_text()
    assert good in text
    (copy / file).write_text(text.replace(good, bad, 1))
    assert not passes(check, os.environ)


def test_a_check_of_monitoring_is_sound_as_it_is(copy: Path) -> None:
    (check,) = (one for one in deployment.checks(copy) if one.name == "prometheus")
    assert passes(check, os.environ)


def test_a_check_that_cannot_be_made_fails_the_gate_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check = deployment.Check("compose", [], missing="apt-get install docker-compose")
    monkeypatch.delenv("CI", raising=False)
    assert passes(check, os.environ)
    monkeypatch.setenv("CI", "true")
    assert not passes(check, os.environ)
    assert "needs apt-get install docker-compose" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "caught"), [("default=0", True), ("null=True", False)]
)
def test_an_unsafe_migration_is_caught(
    options: str,
    caught: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = "planted_unsafe" if caught else "planted_safe"
    folder = tmp_path / app / "migrations"
    folder.mkdir(parents=True)
    for place in (folder.parent, folder):
        (place / "__init__.py").write_text("")
    for name, text in (("0001_initial", FIRST), ("0002_number", SECOND)):
        (folder / f"{name}.py").write_text(text.format(app=app, options=options))
    monkeypatch.syspath_prepend(tmp_path)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, app]
    assert lint_migrations.main([app]) == int(caught)
    said = "NOT NULL constraint on columns" in capsys.readouterr().out
    assert said is caught


FIRST = """
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Lap", [("id", models.AutoField(primary_key=True))])
    ]
"""
SECOND = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("{app}", "0001_initial")]
    operations = [
        migrations.AddField("lap", "number", models.IntegerField({options}))
    ]
"""


# --- secrets ------------------------------------------------------------------
def generate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/generate_secrets.sh", *options, folder / "env"],
        env=os.environ | {"SECRETS_DIR": str(folder / "secrets")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_generated_secrets_leave_no_weakness(tmp_path: Path) -> None:
    assert generate(tmp_path, "--host", "f1.example.net").returncode == 0
    file = tmp_path / "env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    values = environment.read(file.read_text())
    assert production.weaknesses(values) == []
    assert values["ALLOWED_HOSTS"] == "f1.example.net"
    done = subprocess.run(
        [*VALIDATE, "--env-file", str(file), "--without-servers"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "EMAIL_URL"):
        assert (tmp_path / "secrets" / name.lower()).read_text() == values[name]


def test_generated_secrets_stay_unless_told(tmp_path: Path) -> None:
    generate(tmp_path)
    first = (tmp_path / "env").read_text()
    done = generate(tmp_path)
    assert done.returncode == 1
    assert "stays as it is" in done.stderr
    assert (tmp_path / "env").read_text() == first
    (tmp_path / "env").write_text(first.replace("smtp+tls://mail", "smtp+tls://post"))
    assert generate(tmp_path, "--files").returncode == 0
    assert "post" in (tmp_path / "secrets" / "email_url").read_text()
    assert generate(tmp_path, "--force").returncode == 0
    assert (tmp_path / "env").read_text() != first


@pytest.mark.parametrize("empty", ["", "''", '""', "  "])
def test_no_secret_becomes_an_empty_file(tmp_path: Path, empty: str) -> None:
    generate(tmp_path)
    file, folder = tmp_path / "env", tmp_path / "secrets"
    values = environment.read(file.read_text())
    names = ("METRICS_TOKEN", "REDIS_PASSWORD", "SECRET_KEY")
    text = file.read_text()
    for name in names:
        text = text.replace(f"\n{name}={values[name]}\n", f"\n{name}={empty}\n")
    file.write_text(text)
    done = generate(tmp_path, "--files")
    assert done.returncode == 1
    assert all(f" {name}" in done.stderr for name in names)
    assert "POSTGRES_PASSWORD" not in done.stderr
    assert (folder / "secret_key").read_text() == values["SECRET_KEY"]


@pytest.mark.parametrize("quoted", ["'{}'", '"{}"', "{} "])
def test_quotes_are_no_part_of_a_secret(tmp_path: Path, quoted: str) -> None:
    generate(tmp_path)
    file = tmp_path / "env"
    key = environment.read(file.read_text())["SECRET_KEY"]
    text = file.read_text().replace(f"\nSECRET_KEY={key}", f"\nSECRET_KEY={quoted}")
    file.write_text(text.replace("{}", key))
    assert environment.read(file.read_text())["SECRET_KEY"] == key
    assert generate(tmp_path, "--files").returncode == 0
    assert (tmp_path / "secrets" / "secret_key").read_text() == key


def test_a_quote_that_is_left_open_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text('ENVIRONMENT=production\nSECRET_KEY="half of a key\n')
    done = subprocess.run(
        [*VALIDATE, "--env-file", str(file), "--without-servers"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{file}: line 2, SECRET_KEY: a quote" in done.stderr
    assert "Traceback" not in done.stderr and "half" not in done.stderr


def test_the_template_names_what_the_example_names() -> None:
    template = environment.read((ROOT / deployment.TEMPLATE).read_text())
    example = environment.read((ROOT / ".env.example").read_text())
    assert set(template) <= set(example)


# --- containers ---------------------------------------------------------------
def test_production_containers_are_guarded() -> None:
    services = yaml.safe_load((ROOT / "deploy/compose.prod.yaml").read_text())
    for name, service in services["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert "restart" in service, name
    for port in (
        port for s in services["services"].values() for port in s.get("ports", [])
    ):
        assert port.startswith("127.0.0.1:"), port
    for name in ("postgres", "redis"):
        assert services["services"][name]["networks"] == ["inside"]
    assert services["networks"]["inside"]["internal"] is True


#: All of a version and not its beginning; Postgres has two numbers.
EXACT = re.compile(r":v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?$")


@pytest.mark.parametrize("file", ["compose.yaml", "deploy/compose.prod.yaml"])
def test_images_of_others_are_of_an_exact_version(file: str) -> None:
    services = yaml.safe_load((ROOT / file).read_text())["services"]
    images = {service["image"] for service in services.values()} - {"f1site"}
    for image in images:
        found = EXACT.search(image)
        assert found, image
        assert found[1] or image.startswith("postgres:"), image


def test_the_image_is_built_on_an_exact_version() -> None:
    (base,) = re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    found = EXACT.search(base)
    assert found and found[1], base


def test_every_secret_of_the_containers_is_generated() -> None:
    script = (ROOT / "scripts/generate_secrets.sh").read_text()
    secrets = yaml.safe_load((ROOT / "deploy/compose.prod.yaml").read_text())["secrets"]
    assert all(name.upper() in script for name in secrets)


#: Settings that a container has no choice of, or that belong to ./run.
FIXED = {
    *(
        "ENVIRONMENT",
        "DEBUG",
        "F1_NOW",
        "PORT",
        "FLOWER_PORT",
        "VAR_DIR",
        "STATIC_ROOT",
    ),
    *("WORKER_PROCESSES", "WORKER_METRICS_PORT", "WORKER_METRICS_HOST"),
    *("PROMETHEUS_MULTIPROC_DIR", "WORKER_SIGN_FILE"),
}


def test_containers_get_every_setting_that_is_named() -> None:
    text = (ROOT / "deploy/compose.prod.yaml").read_text()
    compose = yaml.safe_load(text)
    given = compose["services"]["web"]["environment"]
    example = environment.read((ROOT / ".env.example").read_text())
    lost = {
        name
        for name in set(example) - FIXED
        if f"${{{name}:" not in text and name.lower() not in compose["secrets"]
    }
    assert not lost
    template = environment.read((ROOT / deployment.TEMPLATE).read_text())
    for name in FIXED & set(template):  # what stands there is so
        assert given[name] == template[name], name
    for name in set(example) & set(given) - FIXED:  # what somebody sets is taken
        assert given[name].startswith(f"${{{name}:"), name
    for service in compose["services"]["web"], compose["services"]["flower"]:
        files = {key for key in service["environment"] if key.endswith("_FILE")}
        needed = {key.removesuffix("_FILE").lower() for key in files}
        assert needed <= set(service["secrets"])


def test_a_setting_that_is_handed_over_empty_is_unset() -> None:
    compose = yaml.safe_load((ROOT / "deploy/compose.prod.yaml").read_text())
    given = compose["services"]["web"]["environment"]
    empty = {name: "" for name, value in given.items() if value == f"${{{name}:-}}"}
    assert len(empty) > 20
    show = "import f1site.settings as s; print(s.LOGIN_FAILURES, s.LIVE_URL, s.VERSION)"
    said = [
        subprocess.run(
            [sys.executable, "-c", show],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if k not in empty} | more,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for more in (empty, {})
    ]
    assert said[0] == said[1]


def test_the_image_holds_only_what_is_named() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert not allowed & {".", ".env", ".git", "var", "secrets", ".venv"}
    assert all((ROOT / name).exists() for name in allowed)


# --- the way in with Docker ---------------------------------------------------
RUNS = 'case "$*" in *"ps -q"*) echo id ;; esac'


def init_dev(folder: Path, docker: str = "") -> subprocess.CompletedProcess[str]:
    """With a stand-in for Docker, or without; the other programs are real."""
    for name in ("sh", "dirname", "id", "grep", "sleep", "cat"):
        (folder / name).symlink_to(str(shutil.which(name)))
    if docker:
        (folder / "docker").write_text(f"#!/bin/sh\n{docker}")
        (folder / "docker").chmod(0o755)
    return subprocess.run(
        [ROOT / "scripts/init_dev.sh"],
        env={"PATH": str(folder), "INIT_TRIES": "1", "INIT_PAUSE_S": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("docker", "words"),
    [
        ("", "Docker is not installed"),
        ("exit 1", "its compose plugin is not"),
        ('[ "$1" = info ] && exit 1; exit 0', "Docker does not answer"),
        ('case "$*" in *" up "*) exit 1 ;; esac', "The site did not start"),
        (f'case "$*" in *redis-cli*) exit 1 ;; esac\n{RUNS}', "1 of the services"),
    ],
)
def test_the_way_in_says_what_is_wrong(tmp_path: Path, docker: str, words: str) -> None:
    done = init_dev(tmp_path, docker)
    assert done.returncode == 1
    assert words in done.stderr


def test_the_way_in_looks_at_every_service(tmp_path: Path) -> None:
    done = init_dev(tmp_path, RUNS)
    assert done.returncode == 0, done.stderr
    assert "All services answer" in done.stdout
    for name in ("postgres", "redis", "web", "worker", "worker-long", "beat", "flower"):
        assert f"ok      {name}" in done.stdout
