"""Pictures of pages."""

import struct
from pathlib import Path

from playwright.sync_api import Browser

from f1site.testing.gallery import take
from predictions.tests.browser.conftest import Site


def width_of(picture: Path) -> int:
    """From the header of a PNG."""
    return int(struct.unpack(">I", picture.read_bytes()[16:20])[0])


def test_each_page_has_a_picture_of_each_width_in_both_themes(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    pages = {"login": ["/login/", "/nowhere/"]}
    assert list(take(browser, site.url, pages, tmp_path)) == ["/nowhere/"]
    pictures = {path.stem: path for path in tmp_path.iterdir()}
    assert len(pictures) == 8
    assert width_of(pictures["login-360-dark"]) == 360
    assert width_of(pictures["login-2-1280-light"]) == 1280
    dark, light = (pictures[f"login-360-{theme}"] for theme in ("dark", "light"))
    assert dark.read_bytes() != light.read_bytes()
