"""The slopes from forecast places to results."""

from itertools import pairwise
from typing import Any

from predictions.charts import slope
from predictions.tests.test_charts import well_formed


def car(code: str, expected: float, order: int, **more: Any) -> slope.Car:
    place: dict[str, Any] = {"result": str(order), "is_classified": True} | more
    return slope.Car(
        code=code,
        name=code.title(),
        team_class="team-ferrari",
        expected=expected,
        order=order,
        **place,
    )


OUT = {"result": "Ret", "is_classified": False}


def test_a_slope_leads_from_the_forecast_place_to_the_result() -> None:
    first, second = slope.moves([car("LEC", 2.5, 2), car("SAI", 1.4, 1)])
    assert slope.plot([first, second]).startswith(
        '<svg class="slope points" height="78" data-rove="">'
        '<text class="end" x="24%" y="12">Forecast</text>'
        '<text x="76%" y="12">Result</text>'
        '<a class="team-ferrari strong"><title>Sai\nforecast 1, result 1</title>'
        '<svg viewBox="0 0 100 78" preserveAspectRatio="none" x="28%" width="44%"'
        ' height="78"><path class="line" d="M0 34C50 34 50 34 100 34"/></svg>'
        '<circle class="dot" cx="72%" cy="34" r="4.5"/>'
        '<circle class="dot hollow" cx="28%" cy="34" r="4.5"/>'
        '<text class="key end" x="12%" y="34">SAI</text>'
        '<text class="end" x="24%" y="34">1</text>'
        '<text x="76%" y="34">1</text>'
        '<text class="key" x="88%" y="34">SAI</text></a>'
    )


def test_favourite_winner_and_the_largest_miss_are_strong() -> None:
    cars = [
        car("NOR", 1.5, 6, is_favourite=True),
        car("VER", 2.0, 1),
        car("LEC", 3.0, 3),
        car("ALO", 4.0, 5),
        car("SAI", 5.0, 7, **OUT),
        car("GAS", 6.0, 4),
        car("OCO", 9.0, 2),
    ]
    shown = slope.moves(cars)
    assert [(m.car.code, m.gained) for m in shown if m.is_strong] == [
        ("VER", "+1"),
        ("OCO", "+5"),
        ("NOR", "−5"),
    ]
    assert shown[-1].gained == "–"


def test_who_retired_stands_below_a_rule_with_a_cross() -> None:
    cars = [car("LEC", 1, 2, **OUT, is_second_car=True), car("SAI", 2, 1)]
    root = well_formed(slope.plot(slope.moves(cars)))
    rule, cross = root.find(".//line[@class='rule']"), root.find(".//*[@class='cross']")
    assert rule is not None
    assert cross is not None
    finished = [float(dot.attrib["cy"]) for dot in root.findall(".//*[@class='dot']")]
    assert max(finished) < float(rule.attrib["y1"]) < float(cross.attrib["y"])
    assert root.find(".//path[@class='line second']") is not None
    assert "result Ret" in (root.findtext(".//a[2]/title") or "")


def test_labels_of_level_forecasts_are_pulled_apart() -> None:
    shown = slope.moves([car(f"D{n}", 2.5, n) for n in range(1, 5)])
    assert [move.gained for move in shown] == ["+1.5", "+0.5", "−0.5", "−1.5"]
    root = well_formed(slope.plot(shown))
    codes = [float(text.attrib["y"]) for text in root.findall(".//*[@class='key end']")]
    assert [b - a for a, b in pairwise(codes)] == [slope.ROW] * 3
    hollow = {dot.attrib["cy"] for dot in root.findall(".//*[@class='dot hollow']")}
    assert len(hollow) == 1
    assert len(root.findall(".//line[@class='leader']")) == 4
    assert slope.plot(shown[:1]) == slope.plot([]) == ""
