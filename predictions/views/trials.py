"""The newest stored backtest as the track record shows it."""

from ingestion.models import Entry
from predictions import backtests
from predictions.charts import words
from predictions.forecasting.comparison import Estimate, ModelLine, StageTable
from predictions.models import Backtest, BacktestScore
from predictions.services import primary_name
from predictions.views import parts
from predictions.views.presenters.entrants import Miss
from predictions.views.presenters.race import STAGE_LABELS
from predictions.views.presenters.record import (
    PlacesRow,
    TrialRow,
    TrialStage,
    TrialView,
)

N_MISSES = 5


def newest_trial() -> TrialView | None:
    """The newest whole backtest of the primary model."""
    ours = primary_name()
    backtest = backtests.latest(names=[ours])
    if backtest is None or backtest.finished_at is None:
        return None
    tables = [StageTable.load(table) for table in backtest.tables]
    last = tables[-1]
    line = last.line(ours)
    return TrialView(
        made_on=f"{backtest.finished_at:%-d %b %Y}",
        cutoff=parts.race_label(backtest.cutoff) if backtest.cutoff else "",
        years=parts.years(backtest.seasons[0], backtest.seasons[-1]),
        stages=[_stage(table, ours) for table in tables],
        plots=[("win", line.win), ("podium", line.podium)] if line else [],
        plot_stage=STAGE_LABELS[last.stage],
        misses=_misses(backtest, last.stage, ours),
    )


def _stage(table: StageTable, ours: str) -> TrialStage:
    return TrialStage(
        label=STAGE_LABELS[table.stage],
        n_races=table.n_races,
        baseline=table.baseline,
        rows=[_row(line, ours) for line in table.lines],
        places=[_places(line, ours, table.n_races) for line in table.lines],
    )


def _row(line: ModelLine, ours: str) -> TrialRow:
    loss, apart = line.scores["log_loss"], line.differences.get("log_loss")
    return TrialRow(
        label=line.name,
        is_ours=line.name == ours,
        winner_hit=line.scores["winner_hit"].mean,
        top_three=line.scores["winner_in_top3"].mean,
        rps=line.scores["rps"].mean,
        log_loss=loss.mean,
        low=loss.low,
        high=loss.high,
        gain=_gain(apart) if apart else "",
    )


def _gain(apart: Estimate) -> str:
    told = f"{apart.mean:+.3f} [{apart.low:+.2f}, {apart.high:+.2f}]"
    return told.replace("-", words.MINUS)


def _places(line: ModelLine, ours: str, n_races: int) -> PlacesRow:
    mean = {name: estimate.mean for name, estimate in line.scores.items()}
    return PlacesRow(
        label=line.name,
        is_ours=line.name == ours,
        n=n_races,
        podium_brier=mean["podium_brier"],
        points_brier=mean["points_brier"],
        spearman=mean["rank_correlation"],
        kendall=mean["kendall"],
        coverage=mean["coverage"],
        mates_hit=mean.get("mates_hit"),
        ece_win=line.ece_win,
        ece_podium=line.ece_podium,
    )


def _misses(backtest: Backtest, stage: str, ours: str) -> list[Miss]:
    """The winners to whom our model would have given least."""
    rows = backtests.worst_of(backtest, stage, ours, n=N_MISSES)
    entries = Entry.objects.filter(race__in=[row.race_id for row in rows])
    seats = {
        (entry.race_id, entry.driver.slug): entry
        for entry in entries.select_related("driver", "team").order_by("-pk")
    }
    return [miss for row in rows if (miss := _miss(row, seats)) is not None]


def _miss(row: BacktestScore, seats: dict[tuple[int, str], Entry]) -> Miss | None:
    chances = [places[0] for places in row.positions]
    order = sorted(range(len(chances)), key=lambda n: -chances[n])
    winner, favourite = row.places.index(1), order[0]
    named = [seats.get((row.race_id, row.drivers[n])) for n in (winner, favourite)]
    won, first = named
    if won is None or first is None:
        return None
    return Miss(
        label=parts.race_label(row.race),
        url=parts.race_url(row.race),
        winner=parts.named_driver(won.driver, won.team),
        our_rank=order.index(winner) + 1,
        p_win=chances[winner],
        favourite=parts.named_driver(first.driver, first.team, chances[favourite]),
    )
