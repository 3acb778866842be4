"""Personal tokens of the API: shown once, kept as a hash."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from allauth.account.adapter import get_adapter
from django.utils import timezone

from accounts.models import PersonalToken, Scope, User

PREFIX: Final = "f1_"
#: The alphabet of the part by which a token is recognised.
LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
#: What a person must be allowed for a token to be.
NEEDED: Final = {
    Scope.EXPORT: "accounts.export_tables",
    Scope.BACKTEST: "accounts.run_backtest",
}
#: How exactly the last use is known.
USE_EVERY: Final = timedelta(minutes=1)
MOST_TOKENS: Final = 20


class TooMany(Exception):
    """A person has as many tokens as anybody may have."""


def issue(
    user: User, name: str, scopes: list[str], days: int | None
) -> tuple[PersonalToken, str]:
    """A new token and its text, which nobody can tell again.

    Raises ``TooMany`` where the person has ``MOST_TOKENS``.
    """
    if PersonalToken.objects.filter(user=user).count() >= MOST_TOKENS:
        raise TooMany
    handle = "".join(secrets.choice(LETTERS) for _ in range(8))
    text = f"{PREFIX}{handle}_{secrets.token_urlsafe(32)}"
    token = PersonalToken.objects.create(
        user=user,
        name=name,
        handle=handle,
        digest=digest_of(text),
        scopes=sorted({Scope.READ.value, *scopes}),
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return token, text


def tell(token: PersonalToken) -> None:
    """A mail to whose it is: a thief's first token must not stay unseen."""
    words = {"token": token}
    get_adapter().send_notification_mail("account/email/token_made", token.user, words)


def end_all(sender: object, user: User, **more: object) -> None:
    """Who sets a new password by mail had lost the account: nobody keeps a key."""
    PersonalToken.objects.filter(user=user).delete()


def find(text: str) -> PersonalToken | None:
    """The token of that text, where it is still good; notes that it was used."""
    usable = PersonalToken.objects.usable().select_related("user")
    token = usable.filter(digest=digest_of(text)).first()
    if token is not None:
        _note_use(token)
    return token


def _note_use(token: PersonalToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_EVERY:
        PersonalToken.objects.filter(pk=token.pk).update(last_used_at=now)


def digest_of(text: str) -> str:
    """A fast hash does: nobody guesses 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()
