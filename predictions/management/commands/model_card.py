"""``manage.py model_card``: what a version is, what it saw and how it fared."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import services
from predictions.cards import card_of, to_markdown
from predictions.services import promoting


class Command(BaseCommand):
    help = (
        "Print the card of a version, every figure from the database; written twice it"
        " is the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "model", metavar="NAME[-VERSION]", help="newest unless told"
        )
        parser.add_argument(
            "--write",
            nargs="?",
            type=Path,
            const=Path(settings.BASE_DIR) / "docs" / "models",
            metavar="FOLDER",
            help="as NAME.md, in docs/models unless told",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = promoting.find(options["model"])
        except services.PromotionError as error:
            raise CommandError(str(error)) from error
        text = to_markdown(card_of(version))
        folder: Path | None = options["write"]
        if folder is None:
            self.stdout.write(text, ending="")
            return
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{version.name}.md"
        path.write_text(text, encoding="utf-8")
        self.stdout.write(f"{version} in {path}")
