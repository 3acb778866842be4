"""The lock after failures to log in, kept in the database: without Redis it holds.

Counted are failures of an account from one address, of an account from anywhere and of
an address with any account, each with a limit of its own: five wrong passwords lock
out whoever typed them, not the owner, who is elsewhere.
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from f1site.base import jobs

Credentials = dict[str, Any] | None

LONGEST_NAME = 254


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts in the database, each kind of failure by its own limit."""

    def get_failures(
        self, request: HttpRequest, credentials: Credentials = None
    ) -> int:
        """The largest share of a limit that is used up, in parts of the first limit."""
        whole = settings.LOGIN_FAILURES[0]
        return max(
            whole * count // limit
            for count, limit, _ in self._counted(request, credentials)
        )

    def seconds_left(self, request: HttpRequest, credentials: Credentials) -> int:
        """Until the last failure that counts for a lock is forgotten."""
        newest = [
            last
            for count, limit, last in self._counted(request, credentials)
            if last and count >= limit
        ]
        now = timezone.now()
        until = max(newest, default=now) + settings.AXES_COOLOFF_TIME
        return max(1, math.ceil((until - now).total_seconds()))

    def reset_user_attempts(
        self, request: HttpRequest, credentials: Credentials = None
    ) -> int:
        """A success forgets what this person mistyped here, and nothing else: who has
        an account of his own must not wash clean his address, nor others' tries.
        """
        of_account_and_address, *_ = self.filter_user_attempts(request, credentials)
        count, _ = of_account_and_address.delete()
        return int(count)

    def _counted(
        self, request: HttpRequest, credentials: Credentials
    ) -> list[tuple[int, int, Any]]:
        kinds: list[QuerySet[AccessAttempt]] = self.get_user_attempts(
            request, credentials
        )
        counted = []
        for attempts, limit in zip(kinds, settings.LOGIN_FAILURES, strict=True):
            found = attempts.aggregate(
                n=Sum("failures_since_start"), last=Max("attempt_time")
            )
            counted.append((found["n"] or 0, limit, found["last"]))
        return counted


def account_of(request: HttpRequest, credentials: Credentials = None) -> str:
    """The account that somebody tries to enter, whatever the case it is written in."""
    said = credentials or {}
    names = (said.get(key) for key in ("email", "username", "login"))
    name = next(filter(None, names), None) or request.POST.get("login", "")
    return str(name).lower()[:LONGEST_NAME]


def one_at_a_time(name: str) -> AbstractContextManager[None]:
    """Guesses at one account wait for each other: none may start before the failure of
    another is counted.
    """
    return jobs.exclusive(f"log in as {name.lower()}")


@contextmanager
def at(request: HttpRequest, name: str) -> Iterator[HttpResponse | None]:
    """A guess at an account: its turn, and the refusal where it is locked."""
    credentials = {"login": name}
    with one_at_a_time(name):
        is_open = AxesProxyHandler.is_allowed(request, credentials)
        yield None if is_open else answer(request, None, credentials)


def count_failure(sender: object, request: HttpRequest, user: Any, **more: Any) -> None:
    """A wrong code of the second factor counts like a wrong password."""
    user_login_failed.send(sender, credentials={"login": user.email}, request=request)


def forget_here(request: HttpRequest, user: Any) -> None:
    """Who has come in mistyped nothing."""
    handler = AxesProxyHandler.get_implementation()
    handler.reset_user_attempts(request, {"login": user.email})


def forget(sender: object, user: Any, **more: Any) -> None:
    """Who sets a new password by mail is the owner: his account is open again."""
    AxesProxyHandler.reset_attempts(username=user.email)


def answer(
    request: HttpRequest, response: HttpResponse | None, credentials: Credentials
) -> HttpResponse:
    """Say that the door is locked, and how long."""
    handler = AxesProxyHandler.get_implementation()
    seconds = handler.seconds_left(request, credentials)
    return refuse(request, seconds, "accounts/locked.html")


def slow_down(request: HttpRequest, exception: object = None) -> HttpResponse:
    """Too many mails asked for, or forms sent."""
    return refuse(request, int(timedelta(minutes=1).total_seconds()), "429.html")


def refuse(request: HttpRequest, seconds: int, template: str) -> HttpResponse:
    minutes = math.ceil(seconds / 60)
    if request.path.startswith("/api/"):
        words = f"Too many failures to log in. Try again in {minutes} minutes."
        locked: HttpResponse = JsonResponse(
            {"detail": words, "code": "locked"}, status=429
        )
    else:
        locked = render(request, template, {"minutes": minutes}, status=429)
    locked["Retry-After"] = str(seconds)
    locked["Cache-Control"] = "no-store"
    return locked
