"""``manage.py install_schedule``: the first schedule of the background jobs."""

from typing import Any

from django.core.management.base import BaseCommand

from f1site import schedule


class Command(BaseCommand):
    help = (
        "Add the background jobs that are missing from the schedule. What stands"
        " there already, also when changed or disabled in the admin, is left alone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{schedule.install()} job(s) added to the schedule.")
