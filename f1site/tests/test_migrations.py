"""Every migration of ours goes down and up again on a filled database."""

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from predictions.tests import api_cast

#: From the top of the house down, so that nothing above stands on thin air.
APPS = ["predictions", "ratings", "ingestion", "accounts", "base"]


def tables() -> set[str]:
    return set(connection.introspection.table_names())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_goes_down_app_by_app_and_up_on_a_filled_database() -> None:
    cast = api_cast.make()
    api_cast.score(api_cast.issue(cast, cast.vegas))
    User.objects.create_user("ada@example.org")
    before = tables()
    for app in APPS:
        assert any(name.startswith(f"{app}_") for name in tables())
        call_command("migrate", app, "zero", verbosity=0)
        assert not any(name.startswith(f"{app}_") for name in tables())
    call_command("migrate", verbosity=0)
    assert tables() == before
