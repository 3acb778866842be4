"""Who somebody is: the one door, with the lock in front of it."""

from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.http import HttpRequest

from accounts import lockout
from accounts.models import User

#: Why nobody is let in: the code for programs, the words for people.
REASONS = {
    "wrong_credentials": "E-mail address and password do not go together.",
    "unconfirmed_address": "Confirm your address first: follow the link in the mail.",
    "code_needed": "This account has a second factor: send its code as well.",
    "wrong_code": "That code is not right, or no longer.",
}


class NotLetInError(Exception):
    """Somebody is not who he says, or has to show more."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code])
        self.code = code


def check_password(request: HttpRequest, *, email: str, password: str) -> User | None:
    """The person whose address and password these are; a failure counts for the lock.

    Nobody is logged in yet: the address may wait for its confirmation, and a second
    factor may be due.
    """
    with lockout.one_at_a_time(email):
        user = authenticate(request, email=email, password=password)
    return user if isinstance(user, User) else None


def let_in(request: HttpRequest, *, email: str, password: str, code: str = "") -> User:
    """The person who shows all that login asks for, in one go: the door of programs.

    Raises ``NotLetInError``. Once locked, the request is answered by the lock.
    """
    with lockout.one_at_a_time(email):
        user, reason = _look(request, email, password, code)
    if user is None:
        raise NotLetInError(reason)
    return user


def _look(
    request: HttpRequest, email: str, password: str, code: str
) -> tuple[User | None, str]:
    """Without an exception, which would take the count of failures back."""
    from accounts.forms import CodeForm  # whose adapter is made of this module

    user = check_password(request, email=email, password=password)
    if user is None:
        return None, "wrong_credentials"
    if not EmailAddress.objects.filter(user=user, email=user.email, verified=True):
        return None, "unconfirmed_address"
    if user.has_second_factor:
        if not code:
            return None, "code_needed"
        form = CodeForm(user=user, data={"code": code})
        if not form.is_valid():
            return None, "wrong_code"
        form.authenticator.record_usage()
    lockout.forget_here(request, user)
    return user, ""
