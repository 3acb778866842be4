"""What is wrong with the site: noted when it begins and when it is over.

Each place that is looked at tells what is wrong there, and of what was wrong before
whether it is well again. What it cannot tell of any more is over without a word.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from f1site.base import clock, outbox, signs
from f1site.base.models import JobRun, Message, Trouble
from ingestion import condition
from ingestion.models import Race
from predictions import ledger, registry, seals
from predictions.models import ModelVersion

log = logging.getLogger(__name__)

#: A job that failed is tried again by itself, for up to half an hour; one that was lost
#: is made up for after an hour.
PATIENCE = timedelta(minutes=90)
#: A race without a result is news while it is young.
SOURCES_TAKE, LONG_PAST = timedelta(days=1), timedelta(days=30)
#: How long those that are over are kept.
KEPT = timedelta(days=365)
GOOD = (JobRun.Outcome.DONE, JobRun.Outcome.IDLE)
BAD = (JobRun.Outcome.FAILED, JobRun.Outcome.LOST)


@dataclass(frozen=True)
class Wrong:
    """What is wrong at a place; ``of`` names it there."""

    of: str
    title: str
    text: str


@dataclass(frozen=True)
class Place:
    """Where to look; ``is_well`` is asked for what was wrong since a moment."""

    wrong: Callable[[], Iterator[Wrong]]
    is_well: Callable[[str, datetime], bool] = lambda of, since: False


def look() -> None:
    """Compare what is wrong with what was known to be, place by place.

    A place that cannot be looked at changes nothing but for a trouble of its own.
    """
    unseen = {}
    for name, place in PLACES.items():
        try:
            _compare(name, {one.of: one for one in place.wrong()}, place)
        except Exception as error:
            log.exception("troubles of %s cannot be looked for", name)
            said = f"{type(error).__name__}: {condition.public(str(error))}"
            unseen[name] = Wrong(name, f"Looking for troubles: {name}", said)
    _compare("look", unseen, Place(lambda: iter(()), lambda of, since: True))
    Trouble.objects.filter(over_at__lt=Now() - KEPT).delete()


def _compare(name: str, wrong: dict[str, Wrong], place: Place) -> None:
    known = Trouble.objects.filter(over_at=None, name__startswith=f"{name}: ")
    for trouble in known:
        of = trouble.name.removeprefix(f"{name}: ")
        if wrong.pop(of, None) is None:
            trouble.is_mended = place.is_well(of, trouble.began_at)
            trouble.over_at = timezone.now()
            trouble.save(update_fields=["is_mended", "over_at"])
    Trouble.objects.bulk_create(
        (
            Trouble(name=f"{name}: {one.of}", title=one.title[:250], text=one.text)
            for one in wrong.values()
        ),
        ignore_conflicts=True,
    )


# --- where to look ----------------------------------------------------------------
def _jobs() -> Iterator[Wrong]:
    """Jobs of the schedule without a good run since a bad one that is a while ago."""
    labels = ledger.labels()
    runs: QuerySet[Any] = JobRun.objects.filter(name__in=labels).annotate(
        at=Coalesce("heartbeat_at", "started_at")
    )
    better = runs.filter(outcome__in=GOOD, name=OuterRef("name"), at__gt=OuterRef("at"))
    bad = runs.filter(~Exists(better), outcome__in=BAD, at__lt=Now() - PATIENCE)
    for run in bad.order_by("name", "-at").distinct("name"):
        yield Wrong(
            run.name, labels[run.name], f"{run.outcome}: {condition.public(run.error)}"
        )


def _job_is_well(name: str, since: datetime) -> bool:
    good = JobRun.objects.filter(name=name, outcome__in=GOOD, heartbeat_at__gt=since)
    return good.exists()


def _seals() -> Iterator[Wrong]:
    check, _ = seals.last_check()
    if check is not None and check.n_faults:
        yield Wrong("chain", "The chain of sealed forecasts is broken", check.first)


def _models() -> Iterator[Wrong]:
    """Who speaks, or is measured, and cannot: files that are gone or changed."""
    primary = registry.primary()
    for version in [*([primary] if primary else []), *registry.shadows()]:
        if fault := registry.fault_of(version):
            yield Wrong(str(version), f"The files of {version}", fault)


def _model_is_well(label: str, since: datetime) -> bool:
    found = [one for one in ModelVersion.objects.all() if str(one) == label]
    return any(not registry.fault_of(version) for version in found)


def _queues() -> Iterator[Wrong]:
    served = signs.served()
    if any(is_served is not None for is_served in served.values()):
        for queue in (queue for queue, is_served in served.items() if not is_served):
            yield Wrong(queue, f"No worker serves the queue {queue}", "its tasks wait")


def _tasks() -> Iterator[Wrong]:
    in_vain = Message.objects.filter(settled_at=None, n_sent__gte=outbox.MOST_SENT)
    for name in sorted(set(in_vain.values_list("task", flat=True))):
        label = name.rpartition(".")[2]
        text = f"sent {outbox.MOST_SENT} times; no worker did it"
        yield Wrong(label[:100], f"Nobody does {label}", text)


def _results() -> Iterator[Wrong]:
    today = clock.now().date()
    for race in condition.without_result(since=today - LONG_PAST):
        if race.starts_on < today - SOURCES_TAKE:
            yield Wrong(
                f"{race.pk}",
                f"The result of the {race.name} {race.season_id}",
                f"raced on {race.starts_on:%d %b %Y}, and no source had it yet",
            )


def _result_is_well(key: str, since: datetime) -> bool:
    race = Race.objects.filter(pk=key).first()
    return race is not None and race.status != Race.Status.SCHEDULED


PLACES = {
    "job": Place(_jobs, _job_is_well),
    "seals": Place(_seals, lambda of, since: True),
    "model": Place(_models, _model_is_well),
    "queue": Place(_queues, lambda of, since: True),
    "task": Place(_tasks),
    "result": Place(_results, _result_is_well),
}
