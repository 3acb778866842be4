"""``manage.py validate_production_config``: every weakness of a configuration."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError

from f1site import environment, production

ROOT = Path(__file__).resolve().parents[3]
#: What a file of settings leaves to the machine.
OURS = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")


class Command(BaseCommand):
    help = (
        "List every weakness of a production configuration, with what to do about it."
        " Works on a configuration that the site refuses to start with."
    )
    # manage.py calls this without settings: they may refuse to load.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--env-file",
            type=Path,
            metavar="FILE",
            help="judge this file of NAME=VALUE lines instead of the environment",
        )
        parser.add_argument(
            "--without-servers", action="store_true", help="do not ask the database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        values = self._values(options["env_file"])
        found = production.weaknesses(values)
        if not any(one.stops for one in found):
            found += production.of_settings(_last_words(values))
        if not options["without_servers"]:
            found += self._of_servers(values)
        for one in found:
            mark = self.style.ERROR("refused") if one.stops else "weak   "
            self.stdout.write(f"{mark}  {one.message} ({one.id})")
            self.stdout.write(f"         {one.hint}")
        if found:
            n_refused = sum(one.stops for one in found)
            raise CommandError(
                f"{len(found)} weaknesses, {n_refused} of which the site does not"
                " start with."
            )
        self.stdout.write("The configuration is fit for production.")

    def _values(self, file: Path | None) -> dict[str, str]:
        if file is None:
            return dict(os.environ)
        try:
            values = environment.read(file.read_text())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except environment.Unreadable as error:
            raise CommandError(f"{file}: {error}") from None
        return {name: os.environ[name] for name in OURS if name in os.environ} | values

    def _of_servers(self, values: dict[str, str]) -> list[production.Weakness]:
        try:
            url = environment.server("DATABASE_URL", values)
            with psycopg.connect(url, connect_timeout=2) as database:
                return production.of_server(values, database)
        except (psycopg.Error, ValueError, environment.Unreadable):
            self.stdout.write("The database could not be asked for its limits.")
            return []


def _last_words(values: dict[str, str]) -> str:
    """What the settings say that do not load with these values; else nothing."""
    done = subprocess.run(
        [sys.executable, "-c", "import f1site.settings"],
        env=values,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    return lines[-1].partition(": ")[2] if done.returncode and lines else ""
