"""``manage.py prepare``: from an empty database to a forecast of the next race."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from accounts.models import User
from f1site import backups, schedule
from f1site.base import clock
from ingestion import services as ingestion
from ingestion.models import Race
from predictions import pipeline, seals, tasks
from predictions import services as predictions
from predictions.features import Knowledge
from predictions.forecasting.models import BASELINES, PRIMARY
from predictions.management.console import console, progress
from ratings import services as ratings

#: Backups that are made by themselves and kept, apart from those that people make.
KEPT, OWN = 3, "before-start"
FIRST_ADMIN = "admin@localhost"
#: Told how far a step is: what it does now, how much is done, of how much.
Tell = Callable[[str, int, int], None]


def back_up(tell: Tell) -> str:
    """Before anything changes; one that fails keeps no site from starting."""
    folder = settings.VAR_DIR / "backups"
    try:
        why = backups.due(folder, folder / OWN)
        if not why:
            return "not due"
        file, _ = backups.back_up(folder / OWN, keep=KEPT)
    except (backups.BackupError, OSError, psycopg.Error) as error:
        return f"failed: {str(error).splitlines()[0]}"
    return f"{file.name} ({why})"


def migrate(tell: Tell) -> str:
    before = _applied()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("make_partitions", stdout=StringIO())
    done = _applied() - before
    return f"{done} migrations applied" if done else "up to date"


def load(tell: Tell) -> str:
    if Race.objects.exists():
        return f"{Race.objects.count():,} races on record"
    ingestion.load_starter(progress=tell)
    return f"{Race.objects.count():,} races loaded from the starter record"


def rate(tell: Tell) -> str:
    return str(ratings.replay_ratings())


def train(tell: Tell) -> str:
    """Once, what the first forecast needs; the others are fitted in the night."""
    standing = predictions.primary_version()
    if standing is not None:
        return f"{standing} stands"
    names = (PRIMARY, *BASELINES)
    done = iter(range(len(names)))
    predictions.train_models(
        knowledge=Knowledge(clock.now()),
        names=names,
        progress=lambda name: tell(f"fitting {name}", next(done), len(names)),
    )
    return f"{predictions.primary_version()} is the primary model"


def forecast(tell: Tell) -> str:
    """The first chain is walked at once, so that pages can say that it holds."""
    report = pipeline.refresh()
    if seals.last_check()[0] is None:
        seals.checked()
    return str(report)


def set_up_jobs(tell: Tell) -> str:
    added = schedule.install()
    return f"{added} jobs added" if added else "as they stand"


def send_for_the_rest(tell: Tell) -> str:
    """What would come with the first night, so that no page waits for that."""
    sent = tasks.send_first()
    return f"{' and '.join(sent)} sent for" if sent else "nothing is left"


def set_up_people(tell: Tell) -> str:
    """Somebody must be able to enter; the password is shown this once.

    In production what is shown here is kept in a log.
    """
    if User.objects.filter(is_superuser=True).exists():
        return "as they stand"
    if settings.PRODUCTION:
        return "nobody yet: manage.py create_admin --email you@example.org"
    said = StringIO()
    call_command("create_admin", email=FIRST_ADMIN, stdout=said)
    return said.getvalue().strip()


STEPS: tuple[tuple[str, Callable[[Tell], str]], ...] = (
    ("Keep a backup", back_up),
    ("Bring the database up to date", migrate),
    ("Load the record", load),
    ("Rate drivers and teams", rate),
    ("Train the models", train),
    ("Forecast the next race", forecast),
    ("Schedule the background jobs", set_up_jobs),
    ("Leave the rest to the workers", send_for_the_rest),
    ("Open the admin", set_up_people),
)


class Command(BaseCommand):
    help = (
        "Bring the database up to date and do what is missing: load the starter"
        " record, rate, train, forecast, schedule. Running it again repeats nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        screen = console(self.stdout)
        with _without_small_talk(), progress(screen) as bar:
            task = bar.add_task("", total=None)

            def tell(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)

            for name, step in STEPS:
                bar.reset(task, description=name, total=None)
                start = time.perf_counter()
                said = step(tell)
                spent = time.perf_counter() - start
                screen.print(f"  {name:<32} {spent:6.1f} s   {said}")


@contextmanager
def _without_small_talk() -> Iterator[None]:
    """Each step has a line of its own; between them only what is wrong is told."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _applied() -> int:
    """How many migrations the database has seen; none before the first."""
    if "django_migrations" not in connection.introspection.table_names():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        (count,) = cursor.fetchone() or (0,)
    return int(count)
