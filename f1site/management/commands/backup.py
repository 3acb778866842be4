"""``manage.py backup``: the database and the model files, in one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from f1site import backups


class Command(BaseCommand):
    help = "Write a backup of the database and the model files, checksums included."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, default=settings.VAR_DIR / "backups"
        )
        parser.add_argument(
            "--keep", type=int, metavar="N", help="drop all but the newest N"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep must be 1 at least")
        try:
            file, manifest = backups.back_up(options["folder"], options["keep"])
        except (backups.BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        size = file.stat().st_size / 1e6
        self.stdout.write(
            f"{file}: {manifest.n_rows:,} rows of {len(manifest.rows)} tables,"
            f" {len(manifest.files) - 1} model files, {size:.1f} MB"
        )
