"""``manage.py notify``: tell by mail what was asked for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.mails import due
from accounts.post import MailServerAwayError
from predictions import mails


class Command(BaseCommand):
    help = (
        "Look what is wrong with the site and which forecasts are news, and mail it to"
        " who asked for it and was not told yet. A worker does so every ten minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="show the mails, send none"
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        if dry_run:
            self._show()
            return
        try:
            self.stdout.write(str(mails.notify()))
        except MailServerAwayError as error:
            raise CommandError(f"{error}; see EMAIL_URL") from error

    def _show(self) -> None:
        letters = list(due(mails.items()))
        for letter in letters:
            message = letter.message()
            self.stdout.write(f"To: {letter.user.email}\nSubject: {message.subject}\n")
            self.stdout.write(str(message.body))
        self.stdout.write(f"would be sent: {len(letters)}")
