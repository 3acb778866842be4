"""Every public page, as a browser and those who cannot see it find it."""

import pytest

from f1site.testing.browser import Watch
from f1site.testing.examples import SIGNED_IN, page_names
from predictions.tests.browser.conftest import Site

PUBLIC = [name for name in page_names() if name not in SIGNED_IN]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_page_is_sound_wide_and_narrow_light_and_dark(
    name: str, site: Site, watch: Watch
) -> None:
    addresses = site.examples.get(name, [])
    assert addresses, f"f1site/testing/examples.py has no address for {name!r}"
    faults = {}
    for address in addresses:
        answer = watch.page.goto(address)
        assert answer
        if answer.status != 200:
            faults[address] = [f"status {answer.status}"]
        elif found := watch.faults():
            faults[address] = found
    assert faults == {}


@pytest.mark.parametrize("name", ["race", "sprint"])
def test_the_tables_of_a_weekend_are_sound_once_opened(
    name: str, site: Site, watch: Watch
) -> None:
    for address in site.examples[name]:
        watch.page.goto(address)
        folded = watch.page.locator("main .card > details > summary").all()
        assert folded
        for summary in folded:
            summary.click()
        assert {address: watch.faults()} == {address: []}
