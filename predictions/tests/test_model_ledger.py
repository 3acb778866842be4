"""The ledger of models: nothing in it is changed."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from predictions import registry
from predictions.models import (
    ModelVersion,
)
from predictions.tests.promotion_cast import events, last

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("statement", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}"])
def test_the_ledger_is_append_only(statement: str) -> None:
    version = ModelVersion.objects.create(name="elo", version=1, data_hash="0" * 64)
    user = User.objects.create_user(email="ed@example.org", password="long-enough")
    registry.note(version, "promoted", reason="good", user=user)
    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="append only"),
        transaction.atomic(),
    ):
        cursor.execute(statement.format("predictions_modelevent"))
    user.delete()
    assert last(version).user is None


@pytest.mark.django_db(transaction=True)
def test_notes_become_events_and_events_notes() -> None:
    version = ModelVersion.objects.create(
        name="elo", version=1, data_hash="0" * 64, status="primary"
    )
    registry.note(version, "promoted", reason="the first of its kind")
    other = ModelVersion.objects.create(
        name="logit", version=1, data_hash="0" * 64, status="shadow"
    )
    call_command("migrate", "predictions", "0010", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, note FROM predictions_modelversion ORDER BY id")
        assert cursor.fetchall() == [
            ("primary", "the first of its kind"),
            ("candidate", ""),
        ]
    call_command("migrate", "predictions", verbosity=0)
    assert events(version) == ["trained", "promoted"]
    assert last(version).reason == "the first of its kind"
    assert events(other) == ["trained"]
