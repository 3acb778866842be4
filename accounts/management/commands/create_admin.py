"""Make the first administrator."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import User


class Command(BaseCommand):
    help = "Make an administrator with a random password, which is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--reset", action="store_true", help="a new password where one exists"
        )

    def handle(self, *args: Any, email: str, reset: bool, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user and not reset:
            self.stdout.write(f"{user.email} has an account; nothing was changed.")
            return
        password = secrets.token_urlsafe(12)
        user = user or User(email=email)
        user.is_staff = user.is_superuser = user.is_active = True
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        user.confirm_address()
        self.stdout.write(f"Admin {user.email}, password {password} (shown once).")
