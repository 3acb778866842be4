"""Ways of a reader through the site, with script."""

import re

import pytest
from playwright.sync_api import Page, expect

from f1site.testing.browser import Watch
from predictions.tests.browser.season import PASSWORD, READER

NEXT = "/races/2025/2/"
FOCUSED = "document.activeElement"


def mark(page: Page) -> None:
    """Leave a sign that only a new load of the page takes away."""
    page.evaluate("window.isStillHere = true")


def is_same_load(page: Page) -> bool:
    return bool(page.evaluate("window.isStillHere === true"))


def test_a_stage_swaps_in_and_the_way_back_restores_the_other(page: Page) -> None:
    page.goto("/")
    mark(page)
    before = page.locator("#stage-pre_weekend")
    after = page.locator("#stage-post_practice")
    expect(after).to_have_attribute("aria-current", "page")
    before.click()
    expect(before).to_have_attribute("aria-current", "page")
    expect(page).to_have_url(re.compile(r"/\?stage=pre_weekend$"))
    expect(page.get_by_role("heading", name="Chance to win")).to_be_visible()
    page.go_back()
    expect(after).to_have_attribute("aria-current", "page")
    assert page.url.endswith("/")
    assert is_same_load(page)


def test_the_header_finds_as_one_types_and_by_enter(page: Page) -> None:
    page.goto("/track-record/")
    mark(page)
    box = page.get_by_label("Find a driver, a team, a circuit or a race")
    box.press_sequentially("driver b")
    found = page.locator(".found a")
    expect(found).to_have_text(re.compile("Driver B"))
    box.press("ArrowDown")
    expect(found).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    assert is_same_load(page)
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=driver"))
    page.get_by_role("main").get_by_role("link", name="Driver B").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Driver B")


def test_ratings_are_sorted_and_turned_back_in_place(page: Page) -> None:
    page.goto("/ratings/")
    mark(page)
    page.locator("#sort-peak").click()
    head = page.get_by_role("columnheader", name="Peak")
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile("sort=peak"))
    page.get_by_label("As of").fill("2024-05-01")
    expect(page).to_have_url(re.compile("as_of=2024-05-01"))
    expect(page.get_by_text("after the Grand Prix 4 2024")).to_be_visible()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert is_same_load(page)


def test_another_season_of_the_calendar(page: Page) -> None:
    page.goto("/calendar/")
    mark(page)
    page.get_by_label("Season", exact=True).select_option("2023")
    expect(page.get_by_role("heading", name="Season 2023")).to_be_visible()
    expect(page).to_have_url(re.compile(r"season=2023"))
    assert is_same_load(page)


def test_a_race_shows_all_reasons_and_other_models(page: Page) -> None:
    page.goto(NEXT)
    mark(page)
    reasons = page.locator("#race-why ol.why > li")
    shown = reasons.count()
    page.get_by_role("link", name="All 10 drivers").click()
    expect(reasons).to_have_count(10)
    assert shown < 10
    expect(page).to_have_url(re.compile("drivers=all"))
    page.locator("#reasons-3").click()
    expect(reasons).to_have_count(1)
    expect(page).to_have_url(re.compile("driver="))
    page.go_back()
    expect(reasons).to_have_count(10)
    page.go_back()
    expect(reasons).to_have_count(shown)
    page.get_by_role("link", name="elo v1").click()
    expect(page).to_have_url(re.compile("model=elo"))
    chosen = page.locator("nav.choices a[id^=model-][aria-current=true]")
    expect(chosen).to_have_text(re.compile("elo v1"))
    assert is_same_load(page)


def test_the_theme_goes_round_and_is_kept(page: Page) -> None:
    page.goto("/")
    button = page.get_by_role("button", name="Theme")
    grounds = set()
    for theme in ("light", "dark"):
        button.click()
        expect(button).to_have_text(f"Theme: {theme}")
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2
    page.goto("/ratings/")
    expect(button).to_have_text("Theme: dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    button.click()
    expect(button).to_have_text("Theme: auto")


def test_somebody_signs_in_follows_a_driver_and_signs_out(
    page: Page, watch: Watch
) -> None:
    page.goto("/account/")
    expect(page).to_have_url(re.compile(r"/login/\?next=/account/"))
    for password in ("not this one", PASSWORD):
        page.get_by_label("E-mail").fill(READER)
        page.get_by_label("Password").fill(password)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        if password != PASSWORD:
            expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("heading", name=READER)).to_be_visible()
    assert watch.faults() == []
    page.get_by_role("link", name="Change the password").click()
    expect(page.get_by_role("button", name="Change it")).to_be_visible()
    assert watch.faults() == []
    page.goto("/drivers/driver-a/")
    page.get_by_role("link", name="Follow").click()
    assert watch.faults() == []
    page.get_by_role("button", name="Follow").click()
    main = page.get_by_role("main")
    expect(main.get_by_role("link", name="DRA Driver A")).to_be_visible()
    assert watch.faults() == []
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_attached()


def test_the_keyboard_skips_the_header_or_goes_through_it(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUSED}.closest('main') !== null")
    page.goto("/")
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Calendar").first).to_be_focused()
    ring = page.evaluate(f"getComputedStyle({FOCUSED}).outline")
    assert "solid" in ring and " 0px" not in ring


@pytest.mark.parametrize(
    ("address", "key"),
    [("/races/2025/1/", "ArrowRight"), ("/drivers/driver-a/", "ArrowLeft")],
)
def test_a_chart_is_read_by_arrow_keys(address: str, key: str, page: Page) -> None:
    page.goto(address)
    page.locator("[data-rove] a:not([tabindex]):visible").first.focus()
    tip = page.locator(".tip")
    first = tip.inner_text()
    page.keyboard.press(key)
    expect(tip).to_be_visible()
    expect(tip).not_to_have_text(first)
    assert page.evaluate(f"{FOCUSED}.closest('[data-rove]') !== null")
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)


def test_a_narrow_table_of_chances_keeps_retirement_and_range(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(NEXT)
    row = page.locator("section[aria-labelledby=chances-title] tbody tr").first
    expect(row.locator("[data-label=retire]")).to_be_visible()
    reach = row.get_by_text(re.compile(r"range \d+ to \d+"))
    box = reach.bounding_box()
    assert box and box["width"] > 40


def test_standings_go_back_a_season_and_a_round_in_place(page: Page) -> None:
    page.goto("/standings/")
    mark(page)
    expect(page.get_by_text("leads the drivers with")).to_be_visible()
    page.get_by_label("Season", exact=True).select_option("2024")
    expect(page.get_by_role("heading", name="2024, after round 10")).to_be_visible()
    page.get_by_role("link", name="After round 9").click()
    expect(page.get_by_role("heading", name="2024, after round 9")).to_be_visible()
    expect(page).to_have_url(re.compile(r"season=2024&round=9$"))
    assert is_same_load(page)
