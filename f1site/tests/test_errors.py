"""Pages of requests that fail."""

from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client


@pytest.fixture
def patient() -> Client:
    """A browser: it is shown an error, it is not raised at it."""
    return Client(raise_request_exception=False)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_down_has_a_page_of_its_own(
    patient: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = {"host": "127.0.0.1", "port": 1, "dbname": "f1", "password": "hush"}
    with monkeypatch.context() as away:
        away.setattr(connection, "get_connection_params", lambda: nowhere)
        connection.close()
        answer = patient.get("/drivers/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert "The record is out of reach" in text
    assert "site.css" in text
    assert "hush" not in text


@pytest.mark.django_db
def test_any_other_failure_is_still_a_failure(patient: Client) -> None:
    broken = patch("predictions.views.drivers._matching", side_effect=ZeroDivisionError)
    with broken:
        answer = patient.get("/drivers/")
    assert answer.status_code == 500
    assert "This page failed" in answer.content.decode()
