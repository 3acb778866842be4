"""Who may do what: four roles, kept as groups.

A role names what it may do as ``app.action_model``, with ``*`` for any part. Apps
are named in words alone, so that accounts import none of them.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User

VIEWER, ANALYST, EDITOR, ADMIN = "viewer", "analyst", "editor", "admin"

LOOK = ("ingestion.view_*", "ratings.view_*", "predictions.view_*", "base.view_*")
#: What an import or an engine writes; nobody edits it by hand.
WRITTEN_BY_MACHINES = (
    "*_correctedfigure",
    "*_finding",
    "*_provenance",
    "*_rawpayload",
    "*_resultversion",
    "*_sourcefetch",
    "*_sourcerequest",
)
#: The history of edits; it shows to whom it may concern.
HISTORY = ("auditlog.view_logentry",)
CORRECT = ("ingestion.add_*", "ingestion.change_*", "ingestion.delete_*")
#: Who may speak for the platform; the gate decides all the same.
PROMOTE = ("predictions.promote_modelversion",)
#: What takes the machine a while.
DIG = ("accounts.export_tables", "accounts.run_backtest")
RUN = (
    "django_celery_beat.*",
    "accounts.*_user",
    "accounts.view_personaltoken",
    "accounts.delete_personaltoken",
    "accounts.view_sentmail",
    "accounts.delete_sentmail",
    "axes.view_accessattempt",
    "axes.delete_accessattempt",
    "mfa.view_authenticator",
    "mfa.delete_authenticator",
)

GRANTS: dict[str, tuple[str, ...]] = {
    VIEWER: (),
    ANALYST: (*LOOK, *DIG),
    EDITOR: (*LOOK, *DIG, *CORRECT, *PROMOTE, *HISTORY),
    ADMIN: (*LOOK, *DIG, *CORRECT, *PROMOTE, *HISTORY, *RUN),
}
#: Roles that may enter the admin.
STAFF = (EDITOR, ADMIN)


def granted(role: str, app: str) -> list[Permission]:
    """The permissions of a role in one app."""
    known = Permission.objects.filter(content_type__app_label=app)
    return [p for p in known if _matches(app, p.codename, GRANTS[role])]


def _matches(app: str, codename: str, patterns: Iterable[str]) -> bool:
    by_machine = any(fnmatchcase(codename, name) for name in WRITTEN_BY_MACHINES)
    if by_machine and not codename.startswith("view_"):
        return False
    return any(fnmatchcase(f"{app}.{codename}", pattern) for pattern in patterns)


def install(app: str) -> None:
    """Make the groups and give them what they may do in one app."""
    for role in GRANTS:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.add(*granted(role, app))


def administrators() -> QuerySet[User]:
    """Who runs the site: superusers, and whose role says so."""
    members = User.objects.filter(groups__name=ADMIN).values("pk")
    return User.objects.filter(
        Q(is_superuser=True) | Q(pk__in=members), is_active=True
    ).order_by("pk")


@transaction.atomic
def give(user: User, role: str) -> None:
    """Make this the one role of a person."""
    user.groups.set([Group.objects.get(name=role)])
    open_doors(user)


def open_doors(user: User) -> None:
    """Let into the admin whose role says so, and nobody else."""
    may_enter = user.is_superuser or user.groups.filter(name__in=STAFF).exists()
    if user.is_staff != may_enter:
        user.is_staff = may_enter
        user.save(update_fields=["is_staff"])
