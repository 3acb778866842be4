"""Mails that the site sends by itself: to whom, once each, and with a way to end them.

What they tell is made by the apps above. A person chose each kind on his account, and
ends it there or by the link at the foot of every mail.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail, signing
from django.core.mail import EmailMessage
from django.db import models
from django.db.models import Exists, F, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.models import SentMail, User

log = logging.getLogger(__name__)

#: The fields of an account that ask for each kind.
FORECASTS, SCORES, TROUBLES = KINDS = ("mail_forecasts", "mail_scores", "mail_troubles")
SALT: Final = "mails that the site sends by itself"
#: What a server refused is tried again after so long, doubled each time, and given up
#: after about a day.
WAIT, MOST_TRIES = timedelta(minutes=20), 7
#: Once the page that tells of it is long gone.
KEPT = timedelta(days=90)


class MailServerAwayError(Exception):
    """Mails cannot be handed over; those that wait are sent later."""


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

    def message(self, connection: Any = None) -> EmailMessage:
        stop = absolute(reverse("mails-stop", args=[token(self.user, self.kind)]))
        words = {
            "texts": [item.text(self.user).strip() for item in self.items],
            "what": told_of(self.kind),
            "stop": stop,
            "account": absolute(reverse("account")),
            "app_name": settings.APP_NAME,
            "site": settings.SITE_URL,
        }
        rest = f" and {len(self.items) - 1} more" if len(self.items) > 1 else ""
        return EmailMessage(
            " ".join(f"{self.items[0].subject}{rest}".split()),
            render_to_string("accounts/mail/by_itself.txt", words).strip() + "\n",
            to=[self.user.email],
            headers={
                "Auto-Submitted": "auto-generated",
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
            connection=connection,
        )


@dataclass
class Tally:
    """How many mails went out, and how many a server refused to take."""

    sent: int = 0
    refused: int = 0

    def __str__(self) -> str:
        refused = f", {self.refused} refused" if self.refused else ""
        return f"{self.sent} mail{'s' * (self.sent != 1)} sent{refused}"


def told_of(kind: str) -> str:
    """What mails of a kind tell of, in words."""
    field = cast("models.Field[bool, bool]", User._meta.get_field(kind))
    return str(field.verbose_name)


def absolute(path: str) -> str:
    """An address of this site for somebody who reads it elsewhere."""
    return settings.SITE_URL.rstrip("/") + path


def when(moment: datetime, user: User) -> str:
    """A moment as "2 Mar 2025, 16:00 CET", in the zone of a person."""
    there = moment.astimezone(ZoneInfo(user.time_zone) if user.time_zone else UTC)
    return f"{there.day} {there:%b %Y, %H:%M} {there.tzname()}"


def due(items: Iterable[Item]) -> list[Letter]:
    """Who is to be told what: a letter for each kind."""
    by_kind: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_kind[item.kind].append(item)
    letters = []
    for kind, of_kind in by_kind.items():
        told = _told(of_kind)
        for user in _readers(kind):
            mine = [one for one in of_kind if _is_due(one, told.get(user.pk, {}))]
            letters += [Letter(user, kind, mine)] if mine else []
    return letters


def deliver(letters: Iterable[Letter]) -> Tally:
    """Send letters. Killed in between, the last may come twice, none is lost.

    Raises
    ------
    MailServerAwayError : the rest waits
    """
    tally = Tally()
    with _server() as connection:
        for letter in letters:
            is_taken = _send(letter.message(connection))
            _note(letter, is_taken)
            tally.sent += is_taken
            tally.refused += not is_taken
    return tally


def forget() -> None:
    SentMail.objects.filter(tried_at__lt=timezone.now() - KEPT).delete()


# --- who ------------------------------------------------------------------------
def _readers(kind: str) -> QuerySet[User]:
    own = EmailAddress.objects.filter(
        user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True
    )
    people = roles.administrators() if kind == TROUBLES else User.objects.all()
    return people.filter(Exists(own), is_active=True, **{kind: True}).order_by("pk")


def _told(items: Sequence[Item]) -> dict[int, dict[str, SentMail]]:
    keys = {item.key for item in items} | {item.after for item in items}
    told: dict[int, dict[str, SentMail]] = defaultdict(dict)
    for row in SentMail.objects.filter(about__in=keys):
        told[row.user_id][row.about] = row
    return told


def _is_due(item: Item, told: dict[str, SentMail]) -> bool:
    if item.after and not (item.after in told and told[item.after].sent_at):
        return False
    row = told.get(item.key)
    if row is None:
        return True
    if row.sent_at or row.n_refused >= MOST_TRIES:
        return False
    again_at: datetime = row.tried_at + WAIT * 2 ** (row.n_refused - 1)
    return timezone.now() >= again_at


# --- sending --------------------------------------------------------------------
@contextmanager
def _server() -> Iterator[Any]:
    """One connection for all letters."""
    connection = mail.get_connection()
    try:
        with connection:
            yield connection
    except (SMTPException, OSError) as error:
        raise MailServerAwayError(f"{type(error).__name__}: mails wait") from error


def _send(message: EmailMessage) -> bool:
    """Whether the server took it: an address that it refuses keeps none from others."""
    try:
        message.send()
    except (SMTPRecipientsRefused, SMTPDataError) as error:
        log.warning("a mail was refused: %s", type(error).__name__)
        return False
    return True


def _note(letter: Letter, is_taken: bool) -> None:
    now = timezone.now()
    keys = [item.key for item in letter.items]
    SentMail.objects.bulk_create(
        (SentMail(user=letter.user, about=key) for key in keys), ignore_conflicts=True
    )
    SentMail.objects.filter(user=letter.user, about__in=keys).update(
        tried_at=now,
        sent_at=now if is_taken else None,
        n_refused=F("n_refused") + int(not is_taken),
    )


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
