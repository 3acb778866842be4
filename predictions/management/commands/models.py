"""``manage.py models``: every version, what it is and whether it is whole."""

from typing import Any

from django.core.management.base import BaseCommand
from rich.table import Table

from predictions import queries, registry
from predictions.management.console import console


class Command(BaseCommand):
    help = "List the versions of all models: status, cut-off, files, what came last."

    def handle(self, *args: Any, **options: Any) -> None:
        table = Table("Model", "Status", "Up to", "Files", "Last", "When", "Why")
        for version in queries.model_versions():
            last = next(iter(version.events.all()), None)
            table.add_row(
                str(version),
                version.status,
                str(version.cutoff or ""),
                "harmed" if registry.fault_of(version) else "whole",
                last.get_what_display().lower() if last else "",
                f"{last.at:%Y-%m-%d %H:%M}" if last else "",
                last.reason if last else "",
            )
        console(self.stdout).print(table)
