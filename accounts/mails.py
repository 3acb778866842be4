"""Mails that the site sends by itself: to whom, once each, and with a way to end them.

What they tell is made by the apps above. A person chose each kind on his account, and
ends it there or by the link at the foot of every mail.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import compress
from typing import Final, cast
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.models import SentMail, User
from accounts.post import Fate, Office

log = logging.getLogger(__name__)

#: The fields of an account that ask for each kind.
FORECASTS, SCORES, TROUBLES = KINDS = ("mail_forecasts", "mail_scores", "mail_troubles")
SALT: Final = "mails that the site sends by itself"
#: What went wrong is tried again after so long, doubled each time, and given up after
#: about a day.
WAIT, MOST_TRIES = timedelta(minutes=20), 7
KEPT = timedelta(days=365)
#: Seconds that a run may take: others wait for its worker. The next goes on.
BUDGET_S = 60.0
#: People are asked for in groups, just before they are told.
AT_A_TIME = 50


@dataclass(frozen=True)
class Item:
    """Something to tell once to each who asked for its kind.

    Attributes
    ----------
    key : names it in the ledger of mails
    kind : one of ``KINDS``
    text : what a person is told
    after : without having been told this, nobody is told that
    """

    key: str
    kind: str
    subject: str
    text: Callable[[User], str]
    after: str = ""


@dataclass(frozen=True)
class Letter:
    """What one person is told of one kind, in one mail."""

    user: User
    kind: str
    items: Sequence[Item]

    @property
    def subject(self) -> str:
        first, *more = (item.subject for item in self.items)
        return " ".join(f"{first} and {len(more)} more".split()) if more else first

    def message(self) -> EmailMessage:
        stop = absolute(reverse("mails-stop", args=[token(self.user, self.kind)]))
        words = {
            "texts": [item.text(self.user).strip() for item in self.items],
            "what": told_of(self.kind),
            "stop": stop,
            "account": absolute(reverse("account")),
            "app_name": settings.APP_NAME,
            "site": settings.SITE_URL,
        }
        return EmailMessage(
            self.subject,
            render_to_string("accounts/mail/by_itself.txt", words).strip() + "\n",
            to=[self.user.email],
            headers={
                "Auto-Submitted": "auto-generated",
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )


@dataclass
class Tally:
    """How many mails went out, and how many did not."""

    sent: int = 0
    failed: int = 0

    def __str__(self) -> str:
        failed = f", {self.failed} not" if self.failed else ""
        return f"{self.sent} mail{'s' * (self.sent != 1)} sent{failed}"


def told_of(kind: str) -> str:
    """What mails of a kind tell of, in words."""
    field = cast("models.Field[bool, bool]", User._meta.get_field(kind))
    return str(field.verbose_name)


def absolute(path: str) -> str:
    """An address of this site for somebody who reads it elsewhere."""
    return settings.SITE_URL.rstrip("/") + path


def when(moment: datetime, user: User) -> str:
    """A moment as "2 Mar 2025, 16:00 CET", in the zone of a person."""
    try:
        there = moment.astimezone(ZoneInfo(user.time_zone or "UTC"))
    except (KeyError, ValueError, OSError):  # a zone that the system knows no more
        there = moment.astimezone(UTC)
    return f"{there.day} {there:%b %Y, %H:%M} {there.tzname()}"


# --- who is to be told what -----------------------------------------------------
def due(items: Iterable[Item]) -> Iterator[Letter]:
    """A letter for each person and kind; people are read a group at a time."""
    by_kind: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_kind[item.kind].append(item)
    for kind, of_kind in by_kind.items():
        last = 0
        while group := list(_readers(kind, of_kind).filter(pk__gt=last)[:AT_A_TIME]):
            for user in group:
                is_due = [getattr(user, f"due{n}") for n in range(len(of_kind))]
                yield Letter(user, kind, list(compress(of_kind, is_due)))
            last = group[-1].pk


def _readers(kind: str, items: Sequence[Item]) -> QuerySet[User]:
    """Who asked for a kind and was not told of every item, in order."""
    people = roles.administrators() if kind == TROUBLES else User.objects.all()
    own = EmailAddress.objects.filter(
        user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True
    )
    is_due = {f"due{n}": _is_due(item) for n, item in enumerate(items)}
    any_due = Q(*((name, True) for name in is_due), _connector=Q.OR)
    asked = people.filter(Exists(own), is_active=True, **{kind: True})
    return asked.annotate(**is_due).filter(any_due).order_by("pk")


def _is_due(item: Item) -> Case:
    told = SentMail.objects.filter(user=OuterRef("pk"))
    settled = told.filter(about=item.key).exclude(again_at__lte=timezone.now())
    is_due = Q(~Exists(settled))
    if item.after:
        is_due &= Q(Exists(told.filter(about=item.after, sent_at__isnull=False)))
    return Case(When(is_due, then=True), default=False)


# --- sending --------------------------------------------------------------------
def deliver(items: Iterable[Item]) -> Tally:
    """Send what is due, for a minute at most.

    A mail is noted before it is sent, so that none comes over and over; killed in
    between, it comes twice at most a few times.

    Raises
    ------
    MailServerAwayError : the rest waits
    """
    tally, end = Tally(), time.monotonic() + BUDGET_S
    office = Office()
    try:
        for letter in due(items):
            if _is_wanted(letter):
                is_sent = _deliver(letter, office)
                tally.sent += is_sent
                tally.failed += not is_sent
            if time.monotonic() > end:
                break
    finally:
        office.close()
    return tally


def _is_wanted(letter: Letter) -> bool:
    """Still: some leave, or move, after their group was read."""
    asked = {"pk": letter.user.pk, "email": letter.user.email, letter.kind: True}
    return User.objects.filter(is_active=True, **asked).exists()


def _deliver(letter: Letter, office: Office) -> bool:
    """Whether it was sent; what cannot be written for one keeps none from others."""
    try:
        message = letter.message()
    except Exception:
        log.exception("a mail to account %s could not be written", letter.user.pk)
        _note(letter)
        return False
    office.open()
    _note(letter)
    fate = office.send(message)
    if fate == Fate.LOST:
        return False
    sent_at = timezone.now() if fate == Fate.TAKEN else None
    _rows(letter).update(sent_at=sent_at, again_at=None)
    return fate == Fate.TAKEN


def _rows(letter: Letter) -> QuerySet[SentMail]:
    keys = [item.key for item in letter.items]
    return SentMail.objects.filter(user_id=letter.user.pk, about__in=keys)


def _note(letter: Letter) -> None:
    """One more try at each item; the last is followed by none."""
    now = timezone.now()
    tries = dict(_rows(letter).values_list("about", "n_tries"))
    SentMail.objects.bulk_create(
        [
            _tried(letter.user, item, tries.get(item.key, 0) + 1, now)
            for item in letter.items
        ],
        update_conflicts=True,
        unique_fields=["about", "user"],
        update_fields=["n_tries", "tried_at", "again_at", "subject"],
    )


def _tried(user: User, item: Item, n: int, now: datetime) -> SentMail:
    return SentMail(
        user=user,
        about=item.key,
        subject=item.subject[:250],
        n_tries=n,
        tried_at=now,
        again_at=now + WAIT * 2 ** (n - 1) if n < MOST_TRIES else None,
    )


def forget() -> None:
    SentMail.objects.filter(tried_at__lt=timezone.now() - KEPT).delete()


# --- the way out ------------------------------------------------------------------
def token(user: User, kind: str) -> str:
    """What the link at the foot of a mail carries; it ends that kind and no more."""
    return signing.dumps([user.pk, kind], salt=SALT)


def read(signed: str) -> tuple[int, str] | None:
    """Whose mails of which kind a link ends; None where it is none of ours."""
    try:
        key, kind = signing.loads(signed, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return (key, kind) if kind in KINDS else None


def stop(key: int, kind: str) -> None:
    """End one kind for a person; nothing where the account is gone."""
    User.objects.filter(pk=key).update(**{kind: False})
