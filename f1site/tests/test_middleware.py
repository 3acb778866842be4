"""Addresses that no view should have to think of."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/drivers/?q=a%00",
        "/ratings/all-time/?q=%00",
        "/ratings/chain/?from=a%00&to=b",
    ],
)
def test_a_nul_character_is_refused_in_words(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert "NUL" in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/ratings/?as_of=0010-01-01",
        "/ratings/?as_of=9999-12-31",
        "/api/v1/ratings/?as_of=9999-12-31",
        "/api/v1/ratings/?as_of=0001-01-01",
    ],
)
def test_the_oldest_and_the_last_days_are_days(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200
