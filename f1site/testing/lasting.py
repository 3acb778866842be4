"""Rows that the tests of a module share: made once, in a transaction that is undone.

Each test runs in a savepoint of its own, as it would in a transaction, and gets copies
of the objects. Tests of the module that want an empty database, or that commit, belong
into another module.
"""

from collections.abc import Callable, Generator
from copy import deepcopy
from typing import Any, TypeVar

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

T = TypeVar("T")


def lasting(make: Callable[[], T], **settings: Any) -> Callable[..., Any]:
    """A fixture of the module: what ``make`` makes under these settings.

    It gives a function that gives a copy of it.
    """

    @pytest.fixture(scope="module")
    def made(
        django_db_setup: None, django_db_blocker: DjangoDbBlocker
    ) -> Generator[Callable[[], T], None, None]:
        around = transaction.atomic()
        with django_db_blocker.unblock(), override_settings(**settings):
            around.__enter__()
            try:
                built = make()
            except BaseException as error:
                around.__exit__(type(error), error, error.__traceback__)
                raise
        yield lambda: deepcopy(built)
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)

    return made
