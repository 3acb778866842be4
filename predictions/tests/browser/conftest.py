"""A browser before the real site: record, server and Chromium, once for all tests."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import pytest
from django.core.cache import cache as redis
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from f1site.entrance.system import NO_BROWSER, find_browser
from f1site.testing.browser import Watch, chromium, show
from f1site.testing.examples import examples
from predictions.tests.browser import season

PATIENCE = 20_000  # milliseconds; machines are busy


@dataclass(frozen=True)
class Site:
    """Where it listens, the moment it stands at, addresses of every page."""

    url: str
    now: datetime
    examples: dict[str, list[str]]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All at the end, side by side: what they share is made and taken away once."""
    items.sort(key=lambda item: "/tests/browser/" in item.path.as_posix())


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_browser()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(NO_BROWSER)
    return path or pytest.skip(NO_BROWSER)


@pytest.fixture(scope="package")
def db(
    chromium_path: str, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """In place of pytest-django's own: committed for all tests, then emptied."""
    with django_db_blocker.unblock():
        redis.clear()
        try:
            yield
        finally:
            call_command("flush", interactive=False, verbosity=0)
            redis.clear()


@pytest.fixture(scope="package")
def site(db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with its record."""
    with override_settings(MODEL_DIR=tmp_path_factory.mktemp("models")):
        now = season.fill()
        server = LiveServer("127.0.0.1")
        yield Site(server.url, now, examples())
        server.stop()


@pytest.fixture(scope="package")
def browser(site: Site, chromium_path: str) -> Iterator[Browser]:
    """After the site: nobody may ask the database beside Playwright's event loop."""
    with chromium(chromium_path) as browser:
        yield browser


@pytest.fixture(scope="package")
def tab(browser: Browser, site: Site) -> Callable[[bool], Watch]:
    """A window with script or without; one for each test would double the time."""
    expect.set_options(timeout=PATIENCE)

    @cache
    def tab(has_script: bool) -> Watch:
        context = browser.new_context(base_url=site.url, java_script_enabled=has_script)
        context.set_default_timeout(PATIENCE)
        return Watch(context.new_page())

    return tab


@pytest.fixture
def has_script() -> bool:
    return True


@pytest.fixture
def watch(tab: Callable[[bool], Watch], has_script: bool) -> Iterator[Watch]:
    """A reader who was never here before."""
    watch = tab(has_script)
    page = watch.page
    show(page, 1280, "light")
    yield watch
    page.context.clear_cookies()
    if page.url.startswith("http"):
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.goto("about:blank")
    watch.heard.clear()


@pytest.fixture
def page(watch: Watch) -> Iterator[Page]:
    """An open page; nothing may have been heard of it in the end."""
    yield watch.page
    assert watch.heard == []
