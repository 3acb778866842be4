"""Troubles of the site, told to administrators as they begin and as they end."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from django.db.models import Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import mails
from accounts.mails import Item
from accounts.models import User
from f1site.base.models import Trouble

#: What is seen at one look alone may have been a moment's.
SETTLED = timedelta(minutes=5)
#: Who was told of something is told that it is over, unless that is long ago.
NEWS = timedelta(days=3)


def items() -> Iterator[Item]:
    is_open = Q(over_at=None, began_at__lte=Now() - SETTLED)
    is_over = Q(is_mended=True, over_at__gte=Now() - NEWS)
    for trouble in Trouble.objects.filter(is_open | is_over).order_by("began_at", "pk"):
        began = f"trouble {trouble.pk}"
        if trouble.over_at is None:
            yield _item(began, f"Trouble: {trouble.title}", trouble)
        else:
            over = f"Well again: {trouble.title}"
            yield _item(f"{began} over", over, trouble, after=began)


def _item(key: str, subject: str, trouble: Trouble, after: str = "") -> Item:
    return Item(key, mails.TROUBLES, subject, partial(_text, trouble), after)


def _text(trouble: Trouble, user: User) -> str:
    words = {
        "trouble": trouble,
        "began": mails.when(trouble.began_at, user),
        "over": mails.when(trouble.over_at, user) if trouble.over_at else "",
        "troubles": mails.absolute(reverse("admin:base_trouble_changelist")),
        "runs": mails.absolute(reverse("admin:base_jobrun_changelist")),
        "data": mails.absolute(reverse("data")),
    }
    return render_to_string("predictions/mail/trouble.txt", words)
