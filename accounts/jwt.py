"""Signed tokens that last an hour, and what renews them for a week.

Each carries the token version of its person, which is compared at each use: raise it,
and all that was given out is worth nothing. A refresh token is good once; one that
comes a second time was copied, and everything of that person is revoked.
"""

from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts.models import SpentRefresh, User

VERSION: Final = "ver"


class Refused(Exception):
    """Not one of ours, expired, spent or revoked."""


class Pair(NamedTuple):
    access: str
    refresh: str
    expires_in: int  # of the access token, s


def pair_for(user: User) -> Pair:
    refresh = RefreshToken.for_user(user)
    refresh[VERSION] = user.token_version
    lifetime: timedelta = api_settings.ACCESS_TOKEN_LIFETIME
    return Pair(str(refresh.access_token), str(refresh), int(lifetime.total_seconds()))


def holder(token: Token) -> User:
    """Whose token it is, where it is still good; raises ``Refused``."""
    key = str(token.get(api_settings.USER_ID_CLAIM, ""))
    user = (
        User.objects.filter(pk=key, is_active=True).first() if key.isdigit() else None
    )
    if user is None or token.get(VERSION) != user.token_version:
        raise Refused
    return user


def read_access(text: str) -> User:
    """Whom an access token stands for; raises ``Refused``."""
    try:
        return holder(AccessToken(text))  # type: ignore[arg-type]
    except TokenError as error:
        raise Refused from error


def rotate(text: str) -> Pair:
    """Take a refresh token for a new pair; raises ``Refused``."""
    token = _refresh(text)
    user = holder(token)
    if not _spend(token):
        user.end_signed_tokens()
        raise Refused
    return pair_for(user)


def give_back(text: str) -> User:
    """A refresh token is not to be used again; raises ``Refused``."""
    token = _refresh(text)
    user = holder(token)
    _spend(token)
    return user


def forget_expired() -> int:
    """Delete the marks of tokens that have expired by themselves."""
    return SpentRefresh.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def _refresh(text: str) -> Any:
    try:
        return RefreshToken(text)  # type: ignore[arg-type]
    except TokenError as error:
        raise Refused from error


def _spend(token: Any) -> bool:
    """Whether it was good until now; of two at once one is told so."""
    expires = datetime_from_epoch(token["exp"])
    try:
        with transaction.atomic():
            SpentRefresh.objects.create(jti=token["jti"], expires_at=expires)
    except IntegrityError:
        return False
    return True
