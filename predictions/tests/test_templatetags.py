"""Numbers in words, and the promises that every template keeps."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from django.template import Context, Template

from predictions.charts import words
from predictions.templatetags import f1
from predictions.views.presenters import sentences
from predictions.views.presenters.race import (
    ForecastHead,
    ForecastRow,
    RatingMove,
    RecentForecast,
    ResultCell,
    ScoreRow,
)

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
NOW = datetime(2024, 11, 23, 22, 40, tzinfo=UTC)


def row(rank: int, p_win: float, **more: object) -> ForecastRow:
    values: dict[str, object] = {
        "position_rank": rank,
        "driver_name": f"Driver {rank}",
        "driver_slug": f"driver-{rank}",
        "code": f"D{rank:02}",
        "team_name": "Ferrari",
        "team_slug": "ferrari",
        "team_class": "team-ferrari",
        "p_win": p_win,
        "p_podium": min(1.0, 2 * p_win),
        "p_points": min(1.0, 3 * p_win),
        "p_dnf": 0.1,
        "expected_position": float(rank),
        "low": 1,
        "high": 9,
    }
    return ForecastRow(**(values | more))  # type: ignore[arg-type]


# Chances and frequencies


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (0.34, "34\u202f%"),
        (0.0, "<1\u202f%"),
        (0.0099, "<1\u202f%"),
        (0.01, "1\u202f%"),
        (0.99, "99\u202f%"),
        (0.995, ">99\u202f%"),
        (1.0, ">99\u202f%"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_a_chance_is_never_nothing_nor_certain(chance: float | None, text: str) -> None:
    assert f1.percent(chance) == text


def test_decimals_move_the_edge_of_a_chance() -> None:
    assert f1.percent(0.0004, 1) == "<0.1\u202f%"
    assert f1.percent(0.0175, 1) == "1.8\u202f%"


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (0.34, "about 1 in 3"),
        (0.20, "about 1 in 5"),
        (0.15, "about 1 in 7"),
        (0.13, "about 1 in 8"),
        (0.11, "about 1 in 9"),
        (0.03, "about 1 in 33"),
        (0.0175, "about 1 in 57"),
        (0.0025, "about 1 in 400"),
        (0.0004, "under 1 in 1000"),
        (0.64, "about 2 in 3"),
        (0.53, "about 1 in 2"),
        (0.74, "about 3 in 4"),
        (0.92, "about 9 in 10"),
        (0.97, "about 32 in 33"),
        (0.9996, "over 999 in 1000"),
        (None, ""),
    ],
)
def test_frequencies_are_fractions_people_say(chance: float | None, text: str) -> None:
    assert f1.frequency(chance) == text


def test_cramped_cells_leave_out_about() -> None:
    assert f1.frequency_short(0.34) == "1 in 3"
    assert f1.frequency_short(None) == ""


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (0.66, "Two times in three"),
        (0.5, "One time in two"),
        (0.99, "Nearly always"),
        (0.01, "Hardly ever"),
    ],
)
def test_spoken_chances(chance: float, text: str) -> None:
    assert words.times_in(chance) == text


# Changes, times, figures


def test_changes_carry_a_sign_and_an_arrow() -> None:
    assert f1.signed(30) == "+30"
    assert f1.signed(-4.25, 1) == "−4.2"
    assert f1.signed(0.01, 1) == "0.0"
    assert f1.signed(None) == "–"
    assert f1.arrow(30) == "▲\u00a030"
    assert f1.arrow(-4) == "▼\u00a04"
    assert f1.arrow(0) == f1.arrow(None) == "–"
    assert [f1.trend(x) for x in (3, -3, 0, None)] == ["up", "down", "same", "same"]


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (5_504_742, "1:31:44.742"),
        (87_097, "1:27.097"),
        (27_097, "27.097"),
        (None, "–"),
    ],
)
def test_race_times(milliseconds: int | None, text: str) -> None:
    assert f1.race_time(milliseconds) == text


def test_spans_keep_their_two_largest_units() -> None:
    assert f1.span(timedelta(hours=7, minutes=20)) == "7 h 20 min"
    assert f1.span(timedelta(days=-1, hours=-2)) == "1 day 2 h"
    assert f1.span(timedelta(seconds=4)) == "less than a minute"
    assert f1.span(None) == ""


def test_small_words() -> None:
    assert [f1.ordinal(n) for n in (1, 2, 3, 11, 12, 21)] == [
        *("1st", "2nd", "3rd", "11th", "12th", "21st")
    ]
    assert f1.ordinal(None) == f1.day(None) == f1.plain(None) == f1.decimals(None)
    assert f1.plain(Decimal("12.50")) == "12.5"
    assert f1.plain(Decimal("0.14")) == "0.14"
    assert f1.plain(26) == "26"
    assert f1.decimals(4.24, 1) == "4.2"
    assert f1.day(date(2024, 11, 24)) == "24 Nov 2024"
    assert f1.team_class("ferrari") == "team-ferrari"
    assert f1.short_race("São Paulo Grand Prix 2024") == "São Paulo 2024"


def test_moments_are_utc_for_the_script_to_rewrite() -> None:
    berlin = NOW.astimezone(timezone(timedelta(hours=1)))
    assert f1.utc(berlin) == (
        '<time datetime="2024-11-23T22:40:00Z" data-local="moment"'
        ' title="Sat 23 Nov 2024, 22:40 UTC">Sat 23 Nov 2024, 22:40 UTC</time>'
    )
    assert ">23 Nov, 22:40 UTC<" in f1.utc(NOW, "short")
    assert f1.utc(NOW, "stamp") == (
        '<time datetime="2024-11-23T22:40:00Z">23 Nov 2024, 22:40 UTC</time>'
    )
    assert f1.utc(None) == ""


def test_chart_tags_draw_rows() -> None:
    rows = [row(1, 0.34, p_win_before=0.04), row(2, 0.2, p_win_before=0.001)]
    drawn = Template(
        "{% load f1 %}{% win_axis rows as axis %}{% win_labels axis %}"
        "{% for row in rows %}{% win_bar row axis %}{% range_bar row 20 %}{% endfor %}"
        "{% place_labels 20 %}{% change_axis rows as axis %}{% change_bar 30 axis %}"
        "{% heat_legend %}{% heat_axis 20 %}{% spark_line values %}"
        "{% rating_plot none %}{% rating_lines empty %}"
    ).render(Context({"rows": rows, "values": [1, 2], "none": None, "empty": []}))
    assert drawn.count('class="tick"') == 1  # too small a chance before has no tick
    assert "&lt;" not in drawn


# Sentences and orders


def test_the_lead_names_favourite_chance_and_doubt() -> None:
    rows = [row(1, 0.34, grid=1, p_win_before=0.04), row(2, 0.2)]
    lead = sentences.lead_sentence(rows, where="in Las Vegas")
    assert str(lead) == (
        "Driver 1 is the favourite in Las Vegas at 34\u202f% (about 1 in 3), from"
        " pole, up from 4\u202f%. Two times in three somebody else wins."
    )
    assert [part.kind for part in lead.parts if part.kind] == ["name", "chance"]


def test_the_lead_says_when_drivers_are_level() -> None:
    two = [row(1, 0.3), row(2, 0.3), row(3, 0.1)]
    assert "Driver 1 and Driver 2 stand level in Monza" in str(
        sentences.lead_sentence(two, where="in Monza")
    )
    field = [row(n, 0.05) for n in range(1, 21)]
    assert "No favourite in Monza: 20 drivers stand level" in str(
        sentences.lead_sentence(field, where="in Monza")
    )


def test_a_near_certain_favourite_leaves_out_the_doubt() -> None:
    lead = sentences.lead_sentence([row(1, 0.98, grid=3)], where="here")
    assert str(lead).endswith("from 3rd. ")


def finished(position: int | None, text: str = "") -> ResultCell:
    return ResultCell(text=text or str(position), status="finished", position=position)


def test_the_review_calls_a_miss_a_miss() -> None:
    rows = [
        row(1, 0.74, result=finished(6)),
        row(2, 0.02, grid=17, result=finished(1)),
    ]
    assert str(sentences.review_sentence(rows)) == (
        "Driver 2 won from 17th. Our forecast gave 2\u202f% (about 1 in 50); our"
        " favourite, Driver 1, at 74\u202f%, finished 6th. A plain miss."
    )


def test_the_review_of_a_hit_and_of_a_retired_favourite() -> None:
    hit = [row(1, 0.5, result=finished(1))]
    assert str(sentences.review_sentence(hit)).endswith("more than anybody else had.")
    out = [row(1, 0.5, result=finished(None, "Ret")), row(2, 0.2, result=finished(1))]
    assert str(sentences.review_sentence(out)).endswith("did not finish.")
    assert sentences.review_sentence([row(1, 0.5)]) is None


def test_movers_are_gains_then_losses_and_the_podium_is_three() -> None:
    rows = [
        row(1, 0.34, p_win_before=0.04),
        row(2, 0.15, p_win_before=0.19),
        row(3, 0.05, p_win_before=0.05),
        row(4, 0.02),
    ]
    assert [r.change for r in sentences.movers(rows)] == [30, -4]
    assert [r.code for r in sentences.likely_podium(rows)] == ["D01", "D02", "D03"]


def test_rows_sort_by_any_column_with_unknowns_last() -> None:
    rows = [row(1, 0.3, grid=None), row(2, 0.2, grid=2), row(3, 0.1, grid=1)]
    assert [r.position_rank for r in sentences.sort_rows(rows, "grid")] == [3, 2, 1]
    assert [r.position_rank for r in sentences.sort_rows(rows, "nonsense")] == [
        *(1, 2, 3)
    ]
    columns = sentences.forecast_columns("/races/2024/22/?", "podium")
    assert [c.key for c in columns if c.is_active] == ["podium"]
    assert columns[1].url == "/races/2024/22/?sort=win"


def test_the_best_scores_are_marked_column_by_column() -> None:
    ours = ScoreRow(label="ours", log_loss=3.8, winner_chance=0.02)
    uniform = ScoreRow(label="uniform", log_loss=2.9, winner_chance=0.05, rps=0.1)
    marked = sentences.mark_best([ours, uniform])
    assert marked[0].best == frozenset()
    assert marked[1].best == {"log_loss", "winner_chance", "rps"}


def test_the_largest_rating_moves_are_gains_then_losses() -> None:
    moves = [
        RatingMove(code=str(n), name="", team_class="", change=float(n))
        for n in (-2, 5, 1, -9)
    ]
    assert [m.change for m in sentences.largest_moves(moves, 1)] == [5, -9]


@pytest.mark.parametrize(("late", "seal"), [(False, "sealed"), (True, "late")])
def test_a_stamp_is_sealed_or_late(late: bool, seal: str) -> None:
    head = ForecastHead(
        model_label="elo 1",
        stage="final_grid",
        stage_label="Final grid",
        issued_at=NOW,
        content_hash="0123456789abcdef",
        n_drivers=20,
        late=late,
        starts_at=NOW + timedelta(hours=7),
    )
    assert head.seal == seal
    assert head.margin == timedelta(hours=7)
    assert head.short_hash == "01234567…cdef"


@pytest.mark.parametrize(("rank", "mark"), [(1, "hit"), (3, "near"), (4, "miss")])
def test_past_forecasts_are_marked(rank: int, mark: str) -> None:
    past = RecentForecast(
        label="Monaco",
        url="/",
        winner_code="LEC",
        winner_name="Charles Leclerc",
        our_rank=rank,
        p_win=0.3,
    )
    assert past.mark == mark


# Promises of the templates


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_templates_hold_the_strict_policy(page: Path) -> None:
    text = page.read_text()
    assert "style=" not in text
    assert not re.search(r"\son[a-z]+=", text)
    assert "<style" not in text
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize(
    "fragment",
    sorted((TEMPLATES / "predictions").glob("_*.html")),
    ids=lambda page: page.stem,
)
def test_a_fragment_has_one_root_named_after_it(fragment: Path) -> None:
    body = re.sub(r"^({% load [^%]+%}\s*)*", "", fragment.read_text()).strip()
    name = fragment.stem.strip("_").replace("_", "-")
    assert body.startswith(f'<div id="{name}"')
    assert "{% extends" not in body
    depth = 0
    for closing in re.findall(r"<(/?)div\b", body):
        depth += -1 if closing else 1
    assert depth == 0
    assert body.endswith("</div>")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_swap_link_works_without_script(page: Path) -> None:
    for element in re.findall(r"<[^<>]*hx-get=[^<>]*>", page.read_text()):
        assert "href=" in element or "action=" in element
