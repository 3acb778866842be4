"""``manage.py restore``: put a backup in the place of the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from f1site import backups


class Command(BaseCommand):
    help = (
        "Restore a backup. It is checked and compared beside the database that is"
        " there, and takes its place at the end; what fails before changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="also where the database is not empty; it is kept under another name",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest, aside = backups.restore(
                options["file"], replace=options["replace"]
            )
        except (backups.BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{manifest.n_rows:,} rows of {len(manifest.rows)} tables and"
            f" {len(manifest.files) - 1} model files are as they were on"
            f" {manifest.created_at}."
        )
        if aside:
            self.stdout.write(
                f"The database that was there is now {aside}; when nothing of it is"
                f' needed:  DROP DATABASE "{aside}"'
            )
        self.stdout.write("Then: manage.py migrate, if the program is newer.")
