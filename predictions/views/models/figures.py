"""The models beside each other, and each beside itself as it was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from ingestion.models import Race
from predictions.cards import what_of
from predictions.charts import words
from predictions.charts.ranges import SCORE_STEPS, Span
from predictions.charts.series import moving_mean
from predictions.forecasting.comparison import RIVALS, Estimate
from predictions.forecasting.drift import LEAST_BEFORE, N_LAST, Drift, drift
from predictions.forecasting.models import BASELINES
from predictions.models import ModelVersion
from predictions.views.models.versions import Versions, speaks_since
from predictions.views.presenters.frame import Kpi
from predictions.views.presenters.models import DriftRow, SideRow, Speaker
from predictions.views.track import figures
from predictions.views.track.asked import REPLAYED
from predictions.views.track.labels import label_of
from predictions.views.track.read import Score, Shown

SHADOW, BASELINE = "in the shadow", "baseline"
#: Fitted for backtests alone: it issues nothing.
REPLAYED_ONLY = "replayed only"
#: Scores that lead when they are low, and the one that leads when it is high.
LOWER, HIGHER = ("loss", "podium_brier"), "in_three"
LEAST = LEAST_BEFORE + N_LAST


def speaker(shown: Shown, version: ModelVersion) -> Speaker:
    """The version that speaks, with its scores beside the best baseline."""
    return Speaker(
        version=version,
        what=what_of(version.name),
        since=speaks_since(version),
        kpis=_kpis(shown) if shown.ours else [],
    )


def _kpis(shown: Shown) -> list[Kpi]:
    losses = np.array([score.log_loss for score in shown.ours.values()])
    found = Estimate.of(losses)
    note = (
        f"{figures.n_races(len(losses))}, 95{words.THIN}% interval"
        f" {found.low:.2f} to {found.high:.2f}"
    )
    strip = [Kpi(label="Log loss, winner", figure=f"{found.mean:.3f}", note=note)]
    rows = figures.gains(shown)[0].rows if shown.best else []
    strip += [
        Kpi(
            label=f"Lower than {row.label}, the best baseline, by",
            figure=row.text,
            note=f"{row.interval}; theirs {row.skill.other:.3f}",
        )
        for row in rows
        if row.label == label_of(shown.best)
    ]
    return [*strip, figures.winner_in_three(shown)]


# --- side by side -------------------------------------------------------------------
def sides(shown: Shown, newest: Versions) -> list[SideRow]:
    """Who speaks, who is in the shadow, the baselines; ours first, then the best.

    Of replays everybody else who was replayed, too: the best may issue nothing.

    ``newest`` holds the version of each model to be named, see ``versions.standing``.
    """
    lines = shown.pool.by_name()
    roles = dict(_roles(newest))
    if shown.asked.origin == REPLAYED:
        roles = dict.fromkeys(lines, REPLAYED_ONLY) | roles
    rows = [
        _side(name, role, newest.get(name), list(lines.get(name, {}).values()))
        for name, role in roles.items()
        if name in lines or name in newest
    ]
    rows.sort(
        key=lambda row: (
            not row.is_ours,
            row.loss.mean if row.loss else float("inf"),
        )
    )
    return _marked(rows)


def _roles(newest: Versions) -> Iterable[tuple[str, str]]:
    status = ModelVersion.Status
    for name, version in newest.items():
        if version.status == status.PRIMARY:
            yield name, SideRow.OURS
        elif name not in BASELINES and version.status == status.SHADOW:
            yield name, SHADOW
    for name in RIVALS:
        if name not in newest or newest[name].status != status.PRIMARY:
            yield name, BASELINE


def _side(
    name: str, role: str, version: ModelVersion | None, scores: Sequence[Score]
) -> SideRow:
    briers = [s.podium_brier for s in scores if s.podium_brier is not None]
    losses = np.array([score.log_loss for score in scores])
    return SideRow(
        name=name,
        label=label_of(name),
        role=role,
        version=version,
        n=len(scores),
        loss=Estimate.of(losses) if scores else None,
        podium_brier=fmean(briers) if briers else None,
        in_three=fmean(s.winner_in_top3 for s in scores) if scores else None,
        best=(),
    )


def _marked(rows: Sequence[SideRow]) -> list[SideRow]:
    """With the best of each column, of those scored on most races; of two at least."""
    most = max((row.n for row in rows), default=0)
    fair = [row for row in rows if row.n == most and most]
    if len(fair) < 2:
        return list(rows)
    leads = {name: _lead(fair, name) for name in (*LOWER, HIGHER)}
    return [
        replace(row, best=[name for name in leads if row.name in leads[name]])
        for row in rows
    ]


def _lead(rows: Sequence[SideRow], name: str) -> set[str]:
    known = {
        row.name: value.mean if isinstance(value, Estimate) else value
        for row in rows
        if (value := getattr(row, name)) is not None
    }
    if not known:
        return set()
    best = (max if name == HIGHER else min)(known.values())
    return {key for key, value in known.items() if value == best}


def axis(rows: Sequence[SideRow]) -> Span | None:
    """That has room for the intervals of all; None without any."""
    known = [row.loss for row in rows if row.loss]
    if not known:
        return None
    low, high = min(loss.low for loss in known), max(loss.high for loss in known)
    return Span.around(low, high, SCORE_STEPS)


# --- drift --------------------------------------------------------------------------
def drifts(shown: Shown, rows: Sequence[SideRow]) -> list[DriftRow]:
    """Of each model with scores: its last ten races against all before them."""
    lines, races = shown.pool.by_name(), shown.pool.races
    return [_drift(row, lines[row.name], races) for row in rows if row.n]


def _drift(
    row: SideRow, scores: Mapping[int, Score], races: Mapping[int, Race]
) -> DriftRow:
    ordered = sorted(scores, key=lambda key: (races[key].starts_on, key))
    losses = [scores[key].log_loss for key in ordered]
    found = drift(np.array(losses))
    return DriftRow(
        side=row,
        drift=found,
        sentence=_sentence(found, len(losses)),
        means=moving_mean(losses, N_LAST)[N_LAST - 1 :],
    )


def _sentence(found: Drift | None, n: int) -> str:
    if found is None:
        return f"too few races to tell: {n} of {LEAST}"
    if not found.direction:
        return f"no drift to be seen in {found.n_last} races"
    word = "worse" if found.direction > 0 else "better"
    return f"{word} than before: {found.last:.2f} after {found.before:.2f}"
