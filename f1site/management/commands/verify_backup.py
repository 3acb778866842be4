"""``manage.py verify_backup``: whether a backup could be restored."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from f1site import backups


class Command(BaseCommand):
    help = (
        "Restore a backup into a database that is dropped again, and compare every"
        " row with what was written down when it was made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backups.verify(options["file"])
        except (backups.BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{options['file']} is whole: {manifest.n_rows:,} rows of"
            f" {len(manifest.rows)} tables came back as they were."
        )
