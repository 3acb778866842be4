"""Checks of what the site is deployed with; none needs an engine of containers."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from f1site.entrance.foreground import python
from f1site.entrance.places import MANAGE, ROOT

SHELL = ("run", ".ci/run", "scripts/generate_secrets.sh", "scripts/init_dev.sh")
TEMPLATE = ".env.production.template"
COMPOSE = (
    ("-f", "compose.yaml"),
    ("--env-file", TEMPLATE, "-f", "deploy/compose.prod.yaml"),
)
KUBERNETES = "deploy/kubernetes"


@dataclass(frozen=True)
class Check:
    """A command that fails when something is wrong."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    folder: Path = ROOT
    #: What it lacks here; where CI is set that is a failure.
    missing: str = ""


def checks(root: Path) -> list[Check]:
    return [
        Check("dockerfile", [script("hadolint"), "Dockerfile"], folder=root),
        compose(root),
        kubernetes(root),
        prometheus(root),
        shell(root),
    ]


def compose(root: Path) -> Check:
    """The files as docker compose itself reads them."""
    if program := shutil.which("docker-compose"):
        words = [program]
    elif (docker := shutil.which("docker")) and _works(docker, "compose", "version"):
        words = [docker, "compose"]
    else:
        return Check("compose", [], missing="apt-get install docker-compose")
    commands = [shlex.join([*words, *file, "config", "-q"]) for file in COMPOSE]
    return Check("compose", ["sh", "-ec", "\n".join(commands)], folder=root)


def kubernetes(root: Path) -> Check:
    """Against the schemas that come with the program; it knows no operators."""
    files = [str(path) for path in sorted((root / KUBERNETES).glob("*.yaml"))]
    command = [script("kubernetes-validate"), "--strict", "--no-warn", *files]
    return Check("kubernetes", command, folder=root)


def prometheus(root: Path) -> Check:
    """Configuration, rules, alerts and boards; each alert must fire and clear."""
    if not shutil.which("promtool"):
        return Check("prometheus", [], missing="apt-get install prometheus")
    command = python(str(MANAGE), "validate_monitoring", "--root", str(root))
    return Check("prometheus", command)


def shell(root: Path) -> Check:
    if program := shutil.which("shellcheck"):
        command = [program, "--severity", "warning", *SHELL]
    elif os.environ.get("CI"):
        return Check("shell", [], missing="apt-get install shellcheck")
    else:  # at least that it can be read
        command = ["sh", "-ec", 'for file; do sh -n "$file"; done', "sh", *SHELL]
    return Check("shell", command, folder=root)


def script(name: str) -> str:
    """A program of our environment."""
    return os.fspath(Path(sys.executable).parent / name)


def _works(*command: str) -> bool:
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - spelled out by the caller
    return done.returncode == 0
