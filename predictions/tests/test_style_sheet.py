"""The style sheet: colours that can be told apart and read, and how large it is."""

import gzip
import re
from pathlib import Path

import pytest

from predictions.charts.colours import COLOURED_TEAMS, team_class

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "static/css/site.css").read_text()
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", CSS
    )
}
TEAMS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"\.team-([\w-]+) \{ --team: light-dark\((#\w{6}), (#\w{6})\); \}", CSS
    )
}
LIGHT, DARK = 0, 1


def contrast(one: str, other: str) -> float:
    """Contrast of two colours after WCAG 2, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_coloured_team_has_its_class_and_no_other() -> None:
    assert set(TEAMS) == COLOURED_TEAMS
    assert team_class("ferrari") == "team-ferrari"
    assert team_class("life") == team_class(None) == "team-other"


@pytest.mark.parametrize("team", sorted(TEAMS))
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_team_colours_stand_out_from_page_and_card(team: str, theme: int) -> None:
    for ground in ("bg", "card"):
        assert contrast(TEAMS[team][theme], COLOURS[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["bg", "card"])
def test_text_and_marks_stand_out(ground: str, theme: int) -> None:
    for name in ("ink", "ink2", "ink3", "accent", "good", "bad", "warn"):
        assert contrast(COLOURS[name][theme], COLOURS[ground][theme]) >= 4.5
    for name in ("base", "line2"):
        assert contrast(COLOURS[name][theme], COLOURS[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("tone", range(1, 9))
def test_figures_are_readable_on_every_tone(tone: int, theme: int) -> None:
    text = COLOURS["card" if tone > 5 else "ink"][theme]
    assert contrast(text, COLOURS[f"h{tone}"][theme]) >= 4.5


def test_sheet_and_script_stay_small() -> None:
    assert len(gzip.compress(CSS.encode())) <= 12_000
    assert (ROOT / "static/js/site.js").stat().st_size <= 4096
    assert (ROOT / "static/js/brush.js").stat().st_size <= 2048
