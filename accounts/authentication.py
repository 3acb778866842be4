"""Whether a password is right: the one door, with the lock in front of it."""

from django.contrib.auth import authenticate
from django.http import HttpRequest

from accounts import lockout
from accounts.models import User


def check_password(request: HttpRequest, *, email: str, password: str) -> User | None:
    """The person whose address and password these are; a failure counts for the lock.

    Nobody is logged in yet: a second factor may be due (`User.has_second_factor`).
    """
    with lockout.one_at_a_time(email):
        user = authenticate(request, email=email, password=password)
    return user if isinstance(user, User) else None
