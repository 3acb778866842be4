"""Losses by hand, fits that cannot see ahead, and the command that writes them."""

import json
from dataclasses import fields, replace
from math import log, log10
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from ingestion.tests.factories import MiniSeason
from ratings.config import FITS, RANGES, EloConfig, Fit, read_fits, write_fits
from ratings.elo import Ending, History, replay
from ratings.fitting import fit, stretch
from ratings.losses import Scoring, strengths
from ratings.tests.histories import Car, Race, history_of, in_order

Seasons = list[MiniSeason]


def silent(step: str, done: int, total: int) -> None:
    """Nobody watches."""


def some_races(n_races: int = 24) -> list[Race]:
    """Two drivers of a team each over four seasons, the first mostly ahead."""
    orders = ([0, 3, 6], [0, 6, 3], [3, 0, 6])
    return [in_order(2007 + n // 6, *orders[n % 3]) for n in range(n_races)]


def fitted(history: History, **asked: Any) -> Fit:
    return fit(
        history,
        EloConfig(),
        **{"since": 2008, "until": 2009, "n_evaluations": 60, **asked},
        progress=silent,
    )


def test_the_loss_of_a_race_is_that_of_its_winner() -> None:
    history = history_of([in_order(2024, 0, 3, 6)])
    scoring = Scoring.of(history, 2024, 2024)
    losses = scoring.win_losses(np.array([1700.0, 1500.0, 1300.0]), scale=200)
    assert losses == pytest.approx([-log(100 / 111)])
    assert scoring.win_losses(np.zeros(3), scale=200) == pytest.approx([log(3)])


def test_a_miss_costs_no_more_than_its_floor() -> None:
    scoring = Scoring.of(history_of([in_order(2024, 0, 3)]), 2024, 2024)
    strength = np.array([0.0, 1e6])
    assert scoring.win_losses(strength, scale=200) == pytest.approx([-log(1e-4)])


def test_pairs_are_those_that_finished_apart() -> None:
    race = [Car(0, 0, 1), Car(3, 1, 2), Car(4, 1, 2), Car(6, 2, 9, Ending.CRASHED)]
    scoring = Scoring.of(history_of([(2024, race)]), 2024, 2024)
    pairs = list(zip(scoring.ahead.tolist(), scoring.behind.tolist(), strict=True))
    assert pairs == [(0, 1), (0, 2)]
    loss = scoring.pair_loss(np.array([400.0, 0.0, 400.0, 0.0]), scale=400)
    assert loss == pytest.approx((log(1.1) + log(2)) / 2)


def test_races_count_alike_however_many_finish() -> None:
    short, long = in_order(2024, 0, 3), in_order(2024, 3, 0, 6)
    scoring = Scoring.of(history_of([short, long]), 2024, 2024)
    assert scoring.share.sum() == pytest.approx(1)
    assert scoring.share[0] == pytest.approx(0.5)


@pytest.mark.parametrize("unit", [0.01, 1, 1e4])
def test_the_best_scale_is_found_in_any_unit(unit: float) -> None:
    races = [in_order(2024, *order) for order in ([0, 3], [0, 3], [3, 0])]
    scoring = Scoring.of(history_of(races), 2024, 2024)
    strength = unit * np.array([1.0, 0, 1, 0, 0, 1])
    assert scoring.best_scale(strength) == pytest.approx(unit / log10(2), rel=1e-3)
    assert scoring.win_loss(np.zeros(6), scoring.best_scale(np.zeros(6))) > 0


def test_strengths_are_driver_and_team_before_the_race() -> None:
    races = {"race": history_of(some_races(2))}
    rated = replay(races, {"race": EloConfig()})["race"]
    found = strengths(races["race"], rated)
    assert found[0] == rated.driver.before[0] + rated.team.before[0]
    second = rated.driver.before[3:] + rated.team.before[[3, 5, 4]]
    assert found[3:].tolist() == second.tolist()


def test_a_season_without_races_is_refused() -> None:
    with pytest.raises(ValueError, match="no race of 1950 to 1960"):
        Scoring.of(history_of(some_races()), 1950, 1960)


def test_a_fit_is_no_worse_than_where_it_began() -> None:
    history = history_of(some_races())
    scoring = Scoring.of(history, 2008, 2009)
    rated = replay({"race": history}, {"race": EloConfig()})["race"]
    strength = strengths(history, rated)
    scale = scoring.best_scale(strength)
    begun = scoring.win_losses(strength, scale).mean() + scoring.pair_loss(
        strength, 400
    )
    found = fitted(history)
    assert found.win_loss + found.pair_loss < begun
    assert (found.since, found.until, found.n_races) == (2008, 2009, 12)


def test_a_fit_never_sees_what_comes_after_its_last_season() -> None:
    races = some_races()
    later = [(season + 20, cars[::-1]) for season, cars in races]
    changed = [
        (
            season,
            cars
            if season <= 2009
            else [car._replace(rank=9 - car.rank) for car in cars],
        )
        for season, cars in races
    ]
    usual = fitted(history_of(races))
    assert fitted(history_of(races[:18])) == usual
    assert fitted(history_of(races + later)) == usual
    assert fitted(history_of(changed)) == usual


def test_deviations_are_stretched_to_what_ratings_are_seen_to_move() -> None:
    """Half the deviation and four times the gain are the same steps."""
    history = history_of(some_races())
    wide = EloConfig()
    narrow = replace(
        wide,
        **{
            f.name: getattr(wide, f.name) / 2
            for f in fields(wide)
            if is_deviation(f.name)
        },
        gain_driver=4 * wide.gain_driver,
        gain_team=4 * wide.gain_team,
    )
    one, other = (
        replay({"race": history}, {"race": config})["race"].driver
        for config in (wide, narrow)
    )
    assert other.after == pytest.approx(one.after)
    ratio = stretch(other, history, 2007) / stretch(one, history, 2007)
    assert ratio == pytest.approx(4)


def is_deviation(name: str) -> bool:
    return name.startswith(("first_", "winter_", "reset_winter_"))


def test_the_parameters_in_use_name_their_last_season() -> None:
    for kind, found in FITS.items():
        assert found.until <= 2014, kind
        assert found.n_races > 300
        assert 0 < found.win_loss < log(20)


def test_parameters_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_fits(FITS, tmp_path / "fits.json")
    assert read_fits(tmp_path / "fits.json") == FITS


def test_a_parameter_out_of_range_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fits.json"
    write_fits(FITS, path)
    told = json.loads(path.read_text())
    told["race"]["config"]["kept_team"] = 2
    path.write_text(json.dumps(told))
    with pytest.raises(ValueError, match="kept_team is 2"):
        read_fits(path)
    assert set(RANGES) <= set(told["race"]["config"])


def test_the_command_writes_what_it_found(
    seasons: Seasons, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fits.json"
    asked = {"since": 2023, "until": 2023, "evaluations": 30, "output": path}
    call_command("fit_ratings", **asked)
    found = read_fits(path)
    assert {each.until for each in found.values()} == {2023}
    assert {each.n_races for each in found.values()} == {3}
    assert "on 3 races of 2023 to 2023" in capsys.readouterr().out


def test_the_command_writes_nothing_when_dry(seasons: Seasons, tmp_path: Path) -> None:
    path = tmp_path / "fits.json"
    call_command(
        "fit_ratings",
        kind="race",
        since=2023,
        until=2023,
        evaluations=30,
        output=path,
        dry_run=True,
    )
    assert not path.exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"until": 2999}, "the last season that is over"),
        ({"until": 1999}, "no race of"),
    ],
)
def test_seasons_that_cannot_be_fitted_on_are_refused(
    seasons: Seasons, asked: dict[str, int], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("fit_ratings", dry_run=True, **asked)
