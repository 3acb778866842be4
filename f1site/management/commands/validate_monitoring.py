"""``manage.py validate_monitoring``: rules, alerts and dashboards against the site."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from f1site.monitoring import live, operator, validation


class Command(BaseCommand):
    help = "checks every metric, rule, alert and dashboard against what the site shows"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--root",
            type=Path,
            default=settings.BASE_DIR,
            help="where deploy/ and docs/ are",
        )
        parser.add_argument(
            "--write",
            action="store_true",
            help=f"first make {operator.PLACE} anew from the rules",
        )
        parser.add_argument("--site", help="address of a running site, to be looked at")
        parser.add_argument(
            "--prometheus", help="address of a running Prometheus, to be asked"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            operator.write(options["root"])
        report = validation.validate(options["root"])
        if options["site"]:
            report.faults += live.of_site(options["site"])
        if options["prometheus"]:
            boards = options["root"] / "deploy" / "grafana" / "dashboards"
            queries = validation.queries_of([], boards)
            faults, notes = live.of_prometheus(options["prometheus"], queries)
            report.faults += faults
            report.notes += notes
        for note in report.notes:
            self.stdout.write(f"note   {note}")
        for fault in report.faults:
            self.stdout.write(self.style.ERROR(f"fault  {fault}"))
        if report.faults:
            raise CommandError(f"{len(report.faults)} faults in the monitoring")
        self.stdout.write(
            f"{report.n_queries} queries and {report.n_alerts} alerts ask for what"
            " there is."
        )
