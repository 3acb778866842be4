"""The site to those whose browser runs no script."""

import html
import re
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, expect

from predictions.tests.browser.conftest import Site
from predictions.tests.browser.season import PASSWORD, READER

#: Of everything that can be pressed, what needs a script to do anything. A mark of a
#: chart is an image: its reading is there as it is.
DEAD = """() => [...document.querySelectorAll("button, summary, a, [role=button]")]
  .filter((one) => one.checkVisibility() && !(
    one.matches("summary, a[href], [role=img]") || one.popoverTargetElement
    || (one.form && one.type === "submit")))
  .map((one) => one.outerHTML)"""
#: Forms that no button sends; one field alone is sent by the Enter key as well.
MUTE = """() => [...document.forms]
  .filter((form) => form.querySelectorAll(".input").length > 1
    && !form.querySelector("[type=submit]"))
  .map((form) => form.outerHTML)"""
MOST = 200


@pytest.fixture
def has_script() -> bool:
    return False


def test_nothing_that_is_shown_waits_for_a_script(site: Site, page: Page) -> None:
    for name in sorted(site.examples.keys() - {"api-docs"}):
        page.goto(site.examples[name][0])
        assert page.evaluate(DEAD) == [], name
        assert page.evaluate(MUTE) == [], name
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_every_form_is_sent_by_its_button(page: Page) -> None:
    main = page.get_by_role("main")
    page.goto("/calendar/")
    page.get_by_label("Season", exact=True).select_option("2023")
    main.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Season 2023")).to_be_visible()

    page.goto("/ratings/")
    page.get_by_label("As of").fill("2024-05-01")
    main.get_by_role("button", name="Show").click()
    expect(page.get_by_text("after the Grand Prix 4 2024")).to_be_visible()

    page.get_by_label("Find a driver").fill("driver c")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=driver"))
    page.get_by_label("Name, code or season").fill("driver d")
    main.get_by_role("button", name="Search").click()
    expect(main.get_by_role("link", name="Driver D")).to_be_visible()

    page.goto("/compare/")
    for name in ("Driver A", "Driver B"):
        page.get_by_label("Add a driver").fill(name)
        main.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Numbers")).to_be_visible()


def test_somebody_signs_in_and_out(page: Page) -> None:
    page.goto("/login/?next=/account/")
    page.get_by_label("E-mail").fill(READER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_attached()


def test_a_table_behind_a_chart_opens(page: Page) -> None:
    page.goto("/")
    page.get_by_text("Show as table").first.click()
    twin = page.get_by_role("region", name="Chance to win, table")
    expect(twin.get_by_role("rowheader", name="Driver A")).to_be_visible()


def test_the_menu_of_a_narrow_window_opens(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/")
    calendar = page.get_by_role("navigation", name="Main").get_by_text("Calendar")
    expect(calendar).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    calendar.click()
    expect(page).to_have_url(re.compile("/calendar/"))


def test_no_link_leads_nowhere(page: Page, site: Site) -> None:
    """From the front page on, and from a race in each state, by links of each kind."""
    waiting = [urljoin(site.url, path) for path in ("/", *site.examples["race"])]
    known, broken = set[tuple[str, str]](), {}
    for _ in range(MOST):
        if not waiting:
            break
        address = waiting.pop(0)
        answer = page.context.request.get(address)
        if answer.status >= 400:
            broken[address] = answer.status
        if "html" not in answer.headers.get("content-type", ""):
            continue
        for href in re.findall(r' href="([^"#]+)', answer.text()):
            link = urljoin(address, html.unescape(href))
            if fresh := asks(link, site) - known:
                known |= fresh
                waiting.append(link)
    assert broken == {}
    assert waiting == [], "is there a loop?"
    assert len(known) > 60


def asks(link: str, site: Site) -> set[tuple[str, str]]:
    """Which page, and what is asked of it; nothing of other sites."""
    parts = urlsplit(link)
    if f"{parts.scheme}://{parts.netloc}" != site.url:
        return set()
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        name = parts.path
    return {(name, key) for key in ("", *parse_qs(parts.query))}
