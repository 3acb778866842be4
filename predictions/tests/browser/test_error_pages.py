"""Pages of requests that fail, as a browser shows them."""

from unittest.mock import patch

import pytest
from django.db import OperationalError
from playwright.sync_api import Page, expect

from f1site.testing.browser import Watch

REFUSED = "Failed to load resource"


def faults(watch: Watch) -> list[str]:
    """Without the browser's own word that the page did not answer with 200."""
    return [fault for fault in watch.faults() if not fault.startswith(REFUSED)]


def test_no_such_page(page: Page, watch: Watch) -> None:
    answer = page.goto("/nowhere/")
    assert answer and answer.status == 404
    expect(page.get_by_role("heading", name="No such page")).to_be_visible()
    assert faults(watch) == []


def test_a_form_that_was_open_too_long(page: Page, watch: Watch) -> None:
    page.goto("/login/")
    page.context.clear_cookies()
    page.get_by_label("E-mail").fill("reader@example.org")
    page.get_by_label("Password").fill("whatever it may be")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
    assert faults(watch) == []


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (ZeroDivisionError, 500, "This page failed"),
        (OperationalError, 503, "The record is out of reach"),
    ],
)
def test_a_page_that_fails(
    error: type[Exception], status: int, title: str, page: Page, watch: Watch
) -> None:
    with patch("predictions.views.drivers._matching", side_effect=error):
        answer = page.goto(f"/drivers/?q={status}")
    assert answer and answer.status == status
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert faults(watch) == []
