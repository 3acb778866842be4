"""The commands that docs/operations.md and PRODUCTION_SECURITY.md name are run."""

import os
import re
import shlex
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command, get_commands

from f1site import cli
from f1site.embedded.supervisor import program_folder
from f1site.entrance import checks
from f1site.entrance.places import ROOT

TABLE = re.search(
    r"## Coming from an older setup\n(.*?)\n## ",
    (ROOT / "docs/operations.md").read_text(),
    re.DOTALL,
)
LINES = re.findall(r"^\| .*? \| `(.*?)` \|$", TABLE[1] if TABLE else "", re.MULTILINE)
BOXES = re.findall(
    r"```sh\n(.*?)```", (ROOT / "PRODUCTION_SECURITY.md").read_text(), re.DOTALL
)
COMMANDS = [line.strip() for box in BOXES for line in box.splitlines() if line.strip()]
#: With tests of their own, or all of it at once.
ELSEWHERE = {
    "prepare": "test_prepare.py",
    "validate_production_config": "test_production.py",
    "validate_monitoring": "test_validate_monitoring.py",
    "backup": "test_backups.py",
    "verify_backup": "test_backups.py",
}


def test_the_table_is_found() -> None:
    assert len(LINES) == 14


@pytest.mark.django_db
@pytest.mark.parametrize("line", [one for one in LINES if one.startswith("./run ")])
def test_a_line_of_the_table_runs(
    line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, name, *words = shlex.split(line)
    if name != "manage":
        monkeypatch.setenv("VAR_DIR", str(tmp_path))
        assert cli.main([name, *words]) in (0, 1)
        return
    command, *options = words
    if command in ELSEWHERE:
        assert command in get_commands()
        return
    if options[:1] == ["ratings"] and command == "migrate":
        options.append("--plan")  # test_migrations.py goes all the way down and up
    monkeypatch.setenv("PATH", program_folder(), prepend=os.pathsep)
    if command == "dbshell":
        call_command("dbshell", "--", *options[1:])
    else:
        call_command(command, *options, stdout=StringIO())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_box_can_be_ticked(command: str, tmp_path: Path) -> None:
    """What can be asked here is; of the others, that there is such a command."""
    words = command.split()
    if words[:2] == ["./run", "check"]:
        known = {one.name for one in checks.checks(os.environ)}
        assert set(words[2:]) <= known
    elif words[:2] == ["./run", "manage"]:
        assert words[2] in get_commands()
    elif words[0] == "curl":
        assert "f1.example.org" in command  # of a site that is there
    elif words[0] in ("docker", "kubectl"):
        assert _place(command) in _places()
        assert set(re.findall(r"manage\.py (\w+)", command)) <= set(get_commands())
    else:
        folder = tmp_path if "stat " in command else ROOT
        if folder is tmp_path:
            _generate(tmp_path)
        if words[0] == "git" and not (ROOT / ".git").exists():
            pytest.skip("no git here")
        done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, check=False)
        assert done.returncode == 0


def _place(command: str) -> tuple[str, str]:
    """What of a deployment a command asks: its kind and name."""
    if found := re.search(r" (deployment|cronjob)[/ ](\w+)", command):
        return found[1], found[2]
    found = re.search(
        r" -f (\S+) --env-file .env.production exec (?:-T )?(\w+)", command
    )
    return (found[1], found[2]) if found else ("", "")


def _places() -> set[tuple[str, str]]:
    file = "deploy/compose.prod.yaml"
    services = yaml.safe_load((ROOT / file).read_text())["services"]
    places = {(file, name) for name in services}
    for path in (ROOT / "deploy/kubernetes").glob("*.yaml"):
        for one in yaml.safe_load_all(path.read_text()):
            name = one.get("metadata", {}).get("name", "")
            places.add((one["kind"].lower(), name))
    return places


def _generate(folder: Path) -> None:
    (folder / "scripts").mkdir()
    for name in ("scripts/generate_secrets.sh", ".env.production.template"):
        shutil.copy(ROOT / name, folder / name)
    subprocess.run([folder / "scripts/generate_secrets.sh"], check=True)
