"""Tables of backtests, on the console and in the docs."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table

from predictions.forecasting.comparison import Estimate, ModelLine, StageTable


class Column(NamedTuple):
    """A score as it is printed."""

    score: str
    label: str
    digits: int
    is_share: bool = False

    def mean(self, estimate: Estimate) -> str:
        factor = 100 if self.is_share else 1
        mean, low, high = (
            f"{factor * value:.{self.digits}f}"
            for value in (estimate.mean, estimate.low, estimate.high)
        )
        return f"{mean} [{low}, {high}]"

    def difference(self, estimate: Estimate) -> str:
        factor = 100 if self.is_share else 1
        mean, low, high = (
            f"{factor * value:+.{self.digits}f}".replace("-", "−")
            for value in (estimate.mean, estimate.low, estimate.high)
        )
        return f"{mean} [{low}, {high}]"


OF_WINNER = (
    Column("log_loss", "Log loss", 3),
    Column("brier", "Brier", 3),
    Column("winner_hit", "Winner, %", 1, is_share=True),
    Column("winner_in_top3", "In top 3, %", 1, is_share=True),
)
OF_PLACES = (
    Column("rps", "RPS", 4),
    Column("podium_brier", "Podium Brier", 4),
    Column("points_brier", "Points Brier", 4),
    Column("coverage", "In 80 % range, %", 1, is_share=True),
)
OF_ORDER = (
    Column("rank_correlation", "Spearman", 3),
    Column("kendall", "Kendall", 3),
    Column("podium_overlap", "Podium named, %", 1, is_share=True),
    Column("mates_hit", "Team-mates, %", 1, is_share=True),
)
GROUPS = {"the winner": OF_WINNER, "the places": OF_PLACES, "the order": OF_ORDER}
#: Beside the scores of the winner; of the win and of the podium.
CALIBRATION = "ECE"


def console_tables(table: StageTable) -> list[Table]:
    """Scores with 95 % intervals, below each the difference from the baseline."""
    tables = []
    for what, columns in GROUPS.items():
        made = Table(title=_title(table, what), box=SIMPLE_HEAD, title_justify="left")
        made.show_edge = made.pad_edge = False
        made.add_column("Model")
        for label in _labels(columns):
            made.add_column(label, justify="right")
        for line in table.lines:
            made.add_row(line.name, *_cells(line, columns, "\n"))
        tables.append(made)
    return tables


def _title(table: StageTable, what: str) -> str:
    against = f"; below: against {table.baseline}" if table.baseline else ""
    return f"{table.stage}, n = {table.n_races} races, {what}{against}"


def _labels(columns: Sequence[Column]) -> list[str]:
    last = [CALIBRATION] if columns is OF_WINNER else []
    return [column.label for column in columns] + last


def _cells(line: ModelLine, columns: Sequence[Column], between: str) -> list[str]:
    cells = []
    for column in columns:
        if column.score not in line.scores:
            cells.append("–")
            continue
        cell = column.mean(line.scores[column.score])
        if column.score in line.differences:
            cell += between + column.difference(line.differences[column.score])
        cells.append(cell)
    if columns is OF_WINNER:
        cells.append(f"{line.ece_win:.3f}, {line.ece_podium:.3f}")
    return cells


def markdown(
    tables: Iterable[StageTable], groups: Iterable[Sequence[Column]] = GROUPS.values()
) -> str:
    """The same as Markdown, a heading for each stage."""
    return "\n".join(_of_stage(table, groups) for table in tables)


def _of_stage(table: StageTable, groups: Iterable[Sequence[Column]]) -> str:
    against = f", differences to {table.baseline}" if table.baseline else ""
    parts = [f"**{table.stage}**, n = {table.n_races} races{against}\n"]
    for columns in groups:
        rows = [
            ["model", *_labels(columns)],
            ["---"] * (1 + len(_labels(columns))),
            *([line.name, *_cells(line, columns, "<br>")] for line in table.lines),
        ]
        parts.append("".join(f"| {' | '.join(row)} |\n" for row in rows))
    return "\n".join(parts)
