"""What is kept about a person, all of it; and how it goes away.

Tables of other apps are named in words alone, so that accounts import none of them.
A test compares the names with the tables that do point to people.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import mails, roles
from accounts.models import User

#: What of a row that points to a person is his to see; never a secret.
KEPT: dict[str, tuple[str, ...]] = {
    "account.EmailAddress.user": ("email", "verified", "primary"),
    "accounts.PersonalToken.user": (
        "name",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
    ),
    "mfa.Authenticator.user": ("type", "created_at", "last_used_at"),
    "ingestion.Correction.author": ("made_at", "reason", "link"),
    "ingestion.Correction.undone_by": ("undone_at", "reason"),
    "accounts.SentMail.user": ("subject", "tried_at", "sent_at"),
    "predictions.ModelEvent.user": ("at", "what", "reason"),
    "auditlog.LogEntry.actor": ("timestamp", "action", "object_repr", "changes"),
    "admin.LogEntry.user": ("action_time", "object_repr", "change_message"),
}
OF_ACCOUNT = (
    "email",
    "name",
    "time_zone",
    "follows",
    "mail_forecasts",
    "mail_scores",
    "mail_troubles",
    "joined_at",
    "last_login",
    "is_staff",
    "is_superuser",
)
#: What the history of an account may say of somebody who has left.
STAYS_IN_HISTORY = ("groups", "is_active", "is_staff", "is_superuser")
#: How long an account waits for its address to be confirmed.
PATIENCE = timedelta(days=7)


class LastAdministratorError(Exception):
    """Nobody would be left to run the site."""


def everything(user: User) -> dict[str, Any]:
    """All that is kept about a person, ready to be written as JSON."""
    return {
        "account": {name: getattr(user, name) for name in OF_ACCOUNT},
        "roles": [group.name for group in user.groups.order_by("name")],
        "sessions": [
            {"ends_at": session.expire_date} for session in _sessions_of(user)
        ],
        "failed_logins": list(
            AccessAttempt.objects.filter(username=user.email).values(
                "attempt_time", "failures_since_start", "ip_address", "user_agent"
            )
        ),
        **{
            place: list(_rows(place, user).values(*names))
            for place, names in KEPT.items()
        },
        "edits_of_accounts": list(
            LogEntry.objects.filter(_about_accounts(), actor=user).values(
                "timestamp", "action"
            )
        ),
        "history_of_the_account": list(
            _history_of(user).values("timestamp", "action", "changes")
        ),
    }


@transaction.atomic
def remove(user: User) -> None:
    """Take a person out. What he corrected stays, without his name and address."""
    _leave_an_administrator(user)
    for session in _sessions_of(user):
        session.delete()
    AccessAttempt.objects.filter(username=user.email).delete()
    nameless = f"account {user.pk}"
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(User),
        object_pk=str(user.pk),
        object_id=user.pk,
        object_repr=nameless,
        action=LogEntry.Action.DELETE,
        changes={},
    )
    LogEntry.objects.filter(Q(actor=user) | Q(actor_email__iexact=user.email)).update(
        actor=None, actor_email=None
    )
    for entry in _history_of(user):
        said = entry.changes if isinstance(entry.changes, dict) else {}
        _history_of(user).filter(pk=entry.pk).update(
            changes={name: said[name] for name in said if name in STAYS_IN_HISTORY},
            object_repr=nameless,
            changes_text="",
            serialized_data=None,
            additional_data=None,
        )
    apps.get_model("admin", "LogEntry").objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).update(object_repr=nameless, change_message="")
    with disable_auditlog():
        user.delete()


def sweep() -> None:
    """Forget sessions that are over, old mails, and who never confirmed his address."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    mails.forget()
    confirmed = apps.get_model("account", "EmailAddress").objects.filter(verified=True)
    for user in User.objects.filter(
        last_login=None, is_staff=False, joined_at__lt=now - PATIENCE
    ).exclude(pk__in=confirmed.values("user")):
        remove(user)


def _leave_an_administrator(user: User) -> None:
    """Two who leave at once are looked at one after the other."""
    keys = {one.pk for one in roles.administrators().select_for_update()}
    if keys == {user.pk}:
        raise LastAdministratorError


def _rows(place: str, user: User) -> QuerySet[Any]:
    """Of edits those of the record: what was done to accounts tells of others."""
    app, model, field = place.split(".")
    rows: QuerySet[Any] = apps.get_model(app, model)._default_manager.all()
    if model == LogEntry.__name__:
        rows = rows.exclude(_about_accounts())
    return rows.filter(**{field: user})


def _about_accounts() -> Q:
    return Q(content_type__app_label__in=("accounts", "account", "mfa"))


def _history_of(user: User) -> QuerySet[LogEntry]:
    found: QuerySet[LogEntry] = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_pk=str(user.pk)
    )
    return found


def _sessions_of(user: User) -> Iterator[Session]:
    """Those still open; whose a session is stands inside it."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            yield session
