"""Ways through the account pages, with script and without."""

import re

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from accounts.tests.parts import code, link
from f1site.testing.browser import Watch
from predictions.tests.browser.conftest import Site
from predictions.tests.browser.season import CAREFUL, PASSWORD

#: Those that no other way leads through.
PAGES = """account_email my-data account-delete mfa_index mfa_view_recovery_codes
  mfa_generate_recovery_codes mfa_deactivate_totp mfa_reauthenticate""".split()
NEWCOMER = "newcomer@example.org"


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).click()


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/login/?next=/account/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


def test_the_second_factor_from_set_up_to_login(
    page: Page, watch: Watch, site: Site
) -> None:
    sign_in(page, CAREFUL)
    page.goto("/account/second-factor/")
    page.get_by_role("link", name="Set it up").click()
    page.get_by_label("Password").fill(PASSWORD)
    faults = {"again": watch.faults()}
    press(page, "Go on")
    picture = page.get_by_role("img", name="QR code")
    assert picture.evaluate("(image) => image.complete && image.naturalWidth > 100")
    faults["set up"] = watch.faults()
    secret = page.locator("main code").inner_text()
    page.get_by_label("Code").fill(code(secret))
    press(page, "Switch it on")
    expect(page.locator("main li code")).to_have_count(10)
    faults["recovery codes"] = watch.faults()
    for name in PAGES:
        page.goto(site.examples[name][0])
        faults[name] = watch.faults()
    page.goto("/account/")
    press(page, "Sign out")
    sign_in(page, CAREFUL)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    faults["code"] = watch.faults()
    page.get_by_label("Code").fill(code(secret, steps=1))
    press(page, "Sign in")
    expect(page.get_by_role("heading", name=CAREFUL)).to_be_visible()
    assert not {name: found for name, found in faults.items() if found}


def test_the_page_of_a_locked_door(page: Page, watch: Watch) -> None:
    for _ in range(5):
        sign_in(page, "guessed@example.org", "not this one")
    expect(page.get_by_role("heading", name="Too many failures")).to_be_visible()
    faults = [one for one in watch.faults() if "status of 429" not in one]
    assert faults == []


@pytest.mark.parametrize("has_script", [False])
def test_a_newcomer_without_script(page: Page) -> None:
    page.goto("/login/")
    page.get_by_role("link", name="register").click()
    page.get_by_label("E-mail").fill(NEWCOMER)
    for box in page.get_by_label("Password").all():
        box.fill(PASSWORD)
    press(page, "Register")
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(link(to=NEWCOMER))
    press(page, "Confirm it")
    expect(page).to_have_url(re.compile(r"/login/$"))
    sign_in(page, NEWCOMER)
    page.get_by_role("link", name="My data").click()
    file = page.get_by_role("link", name="Take it along").get_attribute("href")
    assert NEWCOMER in page.request.get(str(file)).text()
    page.get_by_role("link", name="Delete the account").click()
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Delete it for good")
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    assert len(mail.outbox) == 1
