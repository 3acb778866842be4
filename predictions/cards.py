"""Model cards: what a version is, what it saw, how it fared, where it ends.

Every figure is read from the database, so that the same record gives the same card.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings

from ingestion.models import SessionKind
from predictions import backtests, registry
from predictions.forecasting.models import BASELINES, MODELS
from predictions.forecasting.scores import bootstrap_interval
from predictions.models import (
    Backtest,
    BacktestScore,
    ModelEvent,
    ModelVersion,
    PredictionAccuracy,
    Stage,
)
from predictions.provenance import is_of_today


class Marks(NamedTuple):
    """Mean scores of a version at one stage."""

    stage: str
    n_races: int
    log_loss: float
    low: float
    high: float
    brier: float
    rps: float
    winner_hit: float
    winner_in_top3: float


class Features(NamedTuple):
    """Facts that the same stages read."""

    stages: Sequence[str]
    names: Sequence[str]
    is_everywhere: bool  # at each stage of this version


class Event(NamedTuple):
    """A line of the ledger, and what the gate went by."""

    at: Any
    what: str
    who: str
    reason: str
    evidence: Sequence[str]


@dataclass(frozen=True)
class Card:
    """All that is told of a version."""

    version: ModelVersion
    what: str
    role: str
    fault: str
    features: Sequence[Features]
    parameters: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, str]]
    issued: Sequence[Marks]
    backtest: Backtest | None
    tried: Sequence[Marks]
    limits: Sequence[str]
    events: Sequence[Event]

    @property
    def title(self) -> str:
        return str(self.version)

    @property
    def n_races(self) -> object:
        return self.version.metrics.get("n_races", "–")

    @property
    def n_rows(self) -> object:
        return self.version.metrics.get("n_rows", "–")


def card_of(version: ModelVersion) -> Card:
    issued = _issued(version)
    backtest = _backtest_of(version)
    return Card(
        version=version,
        what=what_of(version.name),
        role=role_of(version),
        fault=registry.fault_of(version),
        features=_features(version),
        parameters=sorted(_flat(version.parameters)),
        files=sorted(version.files.items()),
        issued=issued,
        backtest=backtest,
        tried=_tried(backtest, version.name) if backtest else [],
        limits=_limits(version, issued),
        events=[_event(one) for one in version.events.select_related("user")],
    )


def what_of(name: str) -> str:
    """The first line of what the code says of a model."""
    model = MODELS.get(name)
    text = inspect.getdoc(type(model)) if model else ""
    return (text or "A model that the code knows no more.").partition("\n")[0]


def role_of(version: ModelVersion) -> str:
    """What its forecasts are to a reader."""
    if version.status == registry.Status.PRIMARY:
        return "speaks for the platform"
    if version.name in BASELINES:
        return "baseline, to measure others against"
    roles: dict[str, str] = {
        registry.Status.SHADOW: "forecasts in the shadow: sealed, scored, not ours",
        registry.Status.RETIRED: "spoke for the platform once",
        registry.Status.REJECTED: "rolled back: speaks no more",
    }
    return roles.get(version.status, "does not forecast by itself")


def _features(version: ModelVersion) -> list[Features]:
    """Facts by the stages that read them, those of most stages first."""
    known = [stage for stage in Stage.values if stage in version.features]
    readers: dict[str, list[str]] = {}
    for stage in known:
        for name in version.features[stage]:
            readers.setdefault(name, []).append(stage)
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, stages in readers.items():
        groups.setdefault(tuple(stages), []).append(name)
    return [
        Features(stages, names, len(stages) == len(known))
        for stages, names in sorted(groups.items(), key=lambda pair: -len(pair[0]))
    ]


def _flat(parameters: Mapping[str, Any], of: str = "") -> Iterator[tuple[str, str]]:
    """Names and values; those of a member bear its name."""
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{of}{name}.")
        else:
            yield f"{of}{name}", str(value)


def _issued(version: ModelVersion) -> list[Marks]:
    scores = PredictionAccuracy.objects.filter(
        forecast__model_version=version,
        forecast__kind=SessionKind.RACE,
        forecast__late=False,
        is_current=True,
    ).select_related("forecast")
    newest = scores.order_by(
        "forecast__stage",
        "forecast__race_id",
        "-forecast__issued_at",
        "-forecast_id",
    ).distinct("forecast__stage", "forecast__race_id")
    return _marks((score.forecast.stage, score) for score in newest)


def _backtest_of(version: ModelVersion) -> Backtest | None:
    """One of its configuration: a backtest knows models by name."""
    backtest = backtests.latest(names=[version.name])
    if backtest is None or not registry.is_current(version):
        return None
    return backtest if is_of_today(backtest) else None


def _tried(backtest: Backtest, name: str) -> list[Marks]:
    scores = BacktestScore.objects.filter(backtest=backtest, model=name)
    ordered = scores.order_by("stage", "race_id").defer("positions")
    return _marks((score.stage, score) for score in ordered)


def _marks(
    scores: Iterable[tuple[str, PredictionAccuracy | BacktestScore]],
) -> list[Marks]:
    """Of each stage, from the least informed on."""
    of_stage: dict[str, list[PredictionAccuracy | BacktestScore]] = {}
    for stage, score in scores:
        of_stage.setdefault(stage, []).append(score)
    return [
        _mean(stage, of_stage[stage]) for stage in Stage.values if stage in of_stage
    ]


def _mean(stage: str, scores: Sequence[PredictionAccuracy | BacktestScore]) -> Marks:
    losses = np.array([score.log_loss for score in scores])
    low, high = bootstrap_interval(losses)
    return Marks(
        stage=stage,
        n_races=len(scores),
        log_loss=float(losses.mean()),
        low=low,
        high=high,
        brier=fmean(score.brier for score in scores),
        rps=fmean(score.rps for score in scores),
        winner_hit=fmean(score.winner_hit for score in scores),
        winner_in_top3=fmean(score.winner_in_top3 for score in scores),
    )


def _limits(version: ModelVersion, issued: Sequence[Marks]) -> list[str]:
    """What follows from the figures of this version; docs/forecasting.md has more."""
    limits = [f"Learnt from nothing after the {version.cutoff}."]
    most = max((marks.n_races for marks in issued), default=0)
    if most < settings.GATE_LEAST_RACES:
        limits.append(
            f"Scored on {most} race{'' if most == 1 else 's'} since it was fitted;"
            f" the gate asks for {settings.GATE_LEAST_RACES}."
        )
    missing = [stage for stage in Stage.values if stage not in version.features]
    if missing:
        limits.append(f"Does not forecast at {', '.join(missing)}.")
    return [*limits, "Chances of retirement tell little, whoever gives them."]


def _event(event: ModelEvent) -> Event:
    return Event(
        at=event.at,
        what=event.get_what_display().lower(),
        who="an editor" if event.user_id else "the machine or an operator",
        reason=event.reason,
        evidence=list(_evidence_words(event)),
    )


def _evidence_words(event: ModelEvent) -> Iterable[str]:
    for stage, told in event.evidence.items():
        words = "; ".join(one["words"] for one in told["conditions"])
        yield f"{stage}, {told['source']}: {words}"


# --- as text --------------------------------------------------------------------
MARKS_HEAD = (
    "Stage",
    "Races",
    "Log loss",
    "95 %",
    "Brier",
    "RPS",
    "Winner",
    "In top 3",
)


def to_markdown(card: Card) -> str:
    """The card as a page of Markdown."""
    version = card.version
    facts = [
        ("Status", f"{version.status}: {card.role}"),
        ("Fitted", f"{version.trained_at:%Y-%m-%d %H:%M} UTC"),
        ("Up to", str(version.cutoff or "–")),
        ("Races, rows", f"{card.n_races}, {card.n_rows}"),
        ("Data", f"sha256 {version.data_hash}"),
        ("Files", card.fault or "whole"),
    ]
    parts = [
        f"# {card.title}",
        card.what,
        _table(("", ""), facts),
        "## Features",
        _table(
            ("Stages", "Facts"),
            [(", ".join(f.stages), ", ".join(f.names)) for f in card.features],
        ),
        "## Parameters",
        _table(("Name", "Value"), card.parameters),
        "## Scores",
        "Means over races; natural log; brackets are 95 % of a bootstrap over races.",
        "### Issued in time",
        _scores(card.issued, "None is scored yet."),
        "### Walk-forward",
        *([f"{str(card.backtest).capitalize()}."] if card.backtest else []),
        _scores(card.tried, "No stored backtest of this configuration."),
        "## Limits",
        "\n".join(f"- {limit}" for limit in card.limits),
        "## History",
        "\n".join(_line(event) for event in card.events) or "Nothing is noted.",
        "## Files",
        _table(("Name", "SHA-256"), card.files),
    ]
    return "\n\n".join(parts) + "\n"


def _scores(marks: Sequence[Marks], otherwise: str) -> str:
    rows = [
        (
            one.stage,
            one.n_races,
            f"{one.log_loss:.3f}",
            f"[{one.low:.2f}, {one.high:.2f}]",
            f"{one.brier:.3f}",
            f"{one.rps:.4f}",
            f"{one.winner_hit:.1%}",
            f"{one.winner_in_top3:.1%}",
        )
        for one in marks
    ]
    return _table(MARKS_HEAD, rows) if rows else otherwise


def _line(event: Event) -> str:
    told = f": {event.reason}" if event.reason else ""
    line = f"- {event.at:%Y-%m-%d %H:%M} UTC, {event.who}: {event.what}{told}"
    return "\n".join([line, *(f"  - {words}" for words in event.evidence)])


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |"
        for line in lines
    )
