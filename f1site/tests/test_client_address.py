"""Whose request it is, whatever he says himself."""

from typing import Any

import pytest
from django.test import RequestFactory

from f1site.base.client_address import client_address

PROXY = "10.0.0.1"


def address(told: str | None, proxies: int, settings: Any, direct: str = PROXY) -> str:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if told is None else {"X-Forwarded-For": told}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=direct)
    return client_address(request)


@pytest.mark.parametrize(
    ("told", "proxies", "expected"),
    [
        ("1.1.1.1", 0, PROXY),
        (None, 1, PROXY),
        ("9.9.9.9", 1, "9.9.9.9"),
        ("1.1.1.1, 9.9.9.9", 1, "9.9.9.9"),
        ("1.1.1.1, 9.9.9.9, 10.0.0.2", 2, "9.9.9.9"),
        ("9.9.9.9", 2, PROXY),
        ("9.9.9.9:4711", 1, "9.9.9.9"),
        ("1.1.1.1, unknown", 1, PROXY),
        ("[2001:db8:1:2:3::4]:4711", 1, "2001:db8:1:2::"),
        ("::ffff:9.9.9.9", 1, "9.9.9.9"),
    ],
)
def test_only_our_own_proxies_are_believed(
    told: str | None, proxies: int, expected: str, settings: Any
) -> None:
    assert address(told, proxies, settings) == expected


def test_a_network_of_the_new_kind_counts_as_one(settings: Any) -> None:
    first, second, other = (
        address(None, 0, settings, direct)
        for direct in (
            "2001:db8:1:2::1",
            "2001:db8:1:2:ffff::9%eth0",
            "2001:db8:1:3::1",
        )
    )
    assert first == second != other


def test_a_socket_of_this_machine_has_an_address_too(settings: Any) -> None:
    assert address(None, 0, settings, direct="") == "127.0.0.1"
