"""The Chromium of this machine, and what is wrong with a page it shows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright

WIDTHS, THEMES = (360, 1280), ("light", "dark")
VIEWS = [*product(WIDTHS, THEMES)]

_CSP = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`${event.violatedDirective} forbids ${event.blockedURI}`))"""
_AXE = """() => axe.run({resultTypes: ["violations"]}).then(
  ({violations}) => violations.flatMap(({id, nodes}) =>
    nodes.map(({target}) => `${id}: ${target}`)))"""
#: Somebody went on before all of a page had come, such as its icon.
_LEFT = "net::ERR_ABORTED"
#: Who types at once is there before the page puts the cursor into its first field.
_TYPED_ALREADY = "Autofocus processing was blocked"
#: How much wider than the window, and what sticks out of it.
_OVERFLOW = """() => {
  const over = document.documentElement.scrollWidth - innerWidth;
  const clips = (one) => one && one !== document.body &&
    (getComputedStyle(one).overflowX !== "visible" || clips(one.parentElement));
  const out = [...document.querySelectorAll("body *")].filter((one) =>
    one.getBoundingClientRect().right > innerWidth && !clips(one.parentElement));
  const told = out.slice(-3).map(
    ({tagName, className, textContent}) =>
      `${tagName}.${className} ${textContent.trim().slice(0, 30)}`);
  return over > 0 ? [`${over} px too wide: ${told.join(", ")}`] : [];
}"""


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        browser.close()


class Watch:
    """Listens to a page for whatever nobody should hear."""

    def __init__(self, page: Page) -> None:
        self.page, self.heard = page, list[str]()
        page.add_init_script(_CSP)
        page.on("console", lambda message: self._said(message.text))
        page.on("pageerror", lambda error: self.heard.append(str(error)))
        page.on("requestfailed", self._failed)

    def _said(self, text: str) -> None:
        if not text.startswith(_TYPED_ALREADY):
            self.heard.append(text)

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.heard.append(request.url)

    def faults(self) -> list[str]:
        """What was heard, and what is to be seen."""
        self.page.locator("main").wait_for()
        self.page.evaluate(AXE_SCRIPT)
        found = list(self.heard)
        self.heard.clear()
        for width, theme in VIEWS:
            show(self.page, width, theme)
            seen = self.page.evaluate(_OVERFLOW) + self.page.evaluate(_AXE)
            found += [f"{fault} ({width} px, {theme})" for fault in seen]
        return found + self.heard


def show(page: Page, width: int, theme: str) -> None:
    """Turn an open page to a width and a theme."""
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size(ViewportSize(width=width, height=900))
