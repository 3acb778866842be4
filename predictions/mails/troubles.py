"""What is wrong with the site: noted when it begins and when it is over."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import chain

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import mails
from accounts.mails import Item
from accounts.models import User
from f1site.base import clock, outbox
from f1site.base.models import JobRun, Message, Trouble
from ingestion import condition
from predictions import ledger, registry, seals

#: A job that failed is tried again by itself, for up to half an hour; one that was lost
#: is made up for after an hour.
PATIENCE = timedelta(minutes=90)
#: Who was told of something is told that it is over, unless that is long ago.
NEWS = timedelta(days=3)
#: A race without a result is news while it is young.
SOURCES_TAKE, LONG_PAST = timedelta(days=1), timedelta(days=30)
GOOD = (JobRun.Outcome.DONE, JobRun.Outcome.IDLE)
BAD = (JobRun.Outcome.FAILED, JobRun.Outcome.LOST)


def look() -> list[Trouble]:
    """Compare what is wrong with what was known to be; answer what is news."""
    found = _found()
    known = set(Trouble.objects.filter(over_at=None).values_list("name", flat=True))
    over = Trouble.objects.filter(name__in=known - found.keys(), over_at=None)
    over.update(over_at=Now())
    return Trouble.objects.bulk_create(
        (Trouble(name=name, text=found[name]) for name in found.keys() - known),
        ignore_conflicts=True,
    )


def items() -> Iterator[Item]:
    news = Q(over_at=None) | Q(over_at__gte=Now() - NEWS)
    for trouble in Trouble.objects.filter(news).order_by("began_at", "pk"):
        began = f"trouble {trouble.pk}"
        if trouble.over_at is None:
            yield _item(began, f"Trouble: {trouble.name}", trouble)
        else:
            over = f"Well again: {trouble.name}"
            yield _item(f"{began} over", over, trouble, after=began)


def _item(key: str, subject: str, trouble: Trouble, after: str = "") -> Item:
    text = partial(_text, trouble)
    return Item(key, mails.TROUBLES, subject, text, after)


def _text(trouble: Trouble, user: User) -> str:
    words = {
        "trouble": trouble,
        "began": mails.when(trouble.began_at, user),
        "over": mails.when(trouble.over_at, user) if trouble.over_at else "",
        "runs": mails.absolute(reverse("admin:base_jobrun_changelist")),
        "data": mails.absolute(reverse("data")),
    }
    return render_to_string("predictions/mail/trouble.txt", words)


# --- where to look ----------------------------------------------------------------
def _found() -> dict[str, str]:
    places = (_of_jobs, _of_seals, _of_models, _of_outbox, _of_record)
    return dict(chain.from_iterable(place() for place in places))


def _of_jobs() -> Iterator[tuple[str, str]]:
    """Jobs of the schedule without a good run since a bad one that is a while ago."""
    labels = ledger.labels()
    runs = JobRun.objects.filter(name__in=labels).annotate(
        at=Coalesce("heartbeat_at", "started_at")
    )
    better = runs.filter(outcome__in=GOOD, name=OuterRef("name"), at__gt=OuterRef("at"))
    bad = runs.filter(~Exists(better), outcome__in=BAD, at__lt=Now() - PATIENCE)
    for run in bad.order_by("name", "-at").distinct("name"):
        yield labels[run.name], f"{run.outcome}: {condition.public(run.error)}"


def _of_seals() -> Iterator[tuple[str, str]]:
    check, _ = seals.last_check()
    if check is not None and check.n_faults:
        yield "The chain of sealed forecasts is broken", check.first


def _of_models() -> Iterator[tuple[str, str]]:
    """Who speaks, or is measured, and cannot: files that are gone or changed."""
    primary = registry.primary()
    for version in [*([primary] if primary else []), *registry.shadows()]:
        if fault := registry.fault_of(version):
            yield f"The files of {version}", condition.public(fault)


def _of_outbox() -> Iterator[tuple[str, str]]:
    in_vain = Message.objects.filter(settled_at=None, n_sent__gte=outbox.MOST_SENT)
    names = sorted(
        {name.rpartition(".")[2] for name in in_vain.values_list("task", flat=True)}
    )
    if names:
        yield "Tasks that no worker takes", ", ".join(names)


def _of_record() -> Iterator[tuple[str, str]]:
    today = clock.now().date()
    for race in condition.without_result():
        if SOURCES_TAKE < today - race.starts_on < LONG_PAST:
            what = f"The result of the {race.name} {race.season_id}"
            yield what, f"raced on {race.starts_on:%d %b %Y}, and no source had it yet"
