"""Pictures of every page of a running site, as a browser shows them."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import django
from playwright.sync_api import Browser, Page

from f1site.entrance.say import say, warn
from f1site.entrance.system import NO_BROWSER, find_browser
from f1site.testing.browser import VIEWS, chromium, show


def main(url: str, folder: Path, names: list[str]) -> int:
    """Take the named pages, or all; 1 where one did not answer as it should."""
    django.setup()
    from f1site.testing.examples import SIGNED_IN, examples

    found = examples()
    wanted = names or [name for name in found if name not in SIGNED_IN]
    if unknown := set(names) - found.keys():
        warn(f"No such page: {', '.join(sorted(unknown))}. There are:")
        say("  " + " ".join(found))
        return 2
    path = find_browser()
    if path is None:
        warn(NO_BROWSER)
        return 1
    with chromium(path) as browser:
        broken = list(
            take(browser, url, {name: found[name] for name in wanted}, folder)
        )
    say(f"The pictures are in {folder}")
    return 1 if broken else 0


def take(
    browser: Browser, url: str, pages: Mapping[str, list[str]], folder: Path
) -> Iterator[str]:
    """Write ``name-width-theme.png``; yields addresses that were refused."""
    folder.mkdir(parents=True, exist_ok=True)
    todo = [
        (f"{name}-{n}" if n > 1 else name, address)
        for name, addresses in pages.items()
        for n, address in enumerate(addresses, start=1)
    ]
    with browser.new_context(base_url=url) as context:
        page = context.new_page()
        for done, (stem, address) in enumerate(todo, start=1):
            answer = page.goto(address)
            status = answer.status if answer else 0
            say(f"{done:>3} of {len(todo)}  {status}  {address}")
            _take(page, folder, stem)
            if status != 200:
                yield address


def _take(page: Page, folder: Path, stem: str) -> None:
    page.locator("main").wait_for()
    for width, theme in VIEWS:
        show(page, width, theme)
        page.screenshot(path=folder / f"{stem}-{width}-{theme}.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
