"""Whole tables in natural keys, a bounded number of rows in memory at a time.

Which tables there are stands here and nowhere else; any other name is no table. The
columns are those of the model: what points at another row becomes the key by which the
site addresses that row, and the number of the row itself is left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

import polars as pl
from django.contrib.postgres.fields import ArrayField
from django.db import models

from ingestion import models as record
from predictions import models as said
from predictions.tables import cell, csv_lines, plain
from ratings import models as rated

#: Rows that are fetched, and held, at once.
CHUNK: Final = 5_000

#: How a row is addressed by others: the end of the column's name, and the path to it.
SLUG: Final = {"": "slug"}
KEYS: Final[dict[type[models.Model], dict[str, str]]] = {
    record.Season: {"": "year"},
    record.Race: {"season": "season_id", "round": "round", "grand_prix": "grand_prix"},
    record.Circuit: SLUG,
    record.CircuitLayout: SLUG,
    record.Team: SLUG,
    record.Driver: SLUG,
    record.ResultVersion: {"": "number"},
    said.ModelVersion: {"": "name", "version": "version"},
    said.Forecast: {"": "content_hash"},
}

#: Field, the word for its values, and their type in Parquet; text is what remains.
KINDS: "Final[tuple[tuple[type[models.Field[Any, Any]], str, Any], ...]]" = (
    (models.BooleanField, "boolean", pl.Boolean),
    (models.IntegerField, "integer", pl.Int64),
    (models.FloatField, "number", pl.Float64),
    (models.DecimalField, "number", pl.Float64),
    (models.DateTimeField, "moment", pl.Datetime("us", "UTC")),
    (models.DateField, "date", pl.Date),
    (ArrayField, "list", pl.List),
    (models.JSONField, "object", pl.String),
)


@dataclass(frozen=True)
class Column:
    name: str
    path: str
    field: "models.Field[Any, Any]"

    @property
    def kind(self) -> str:
        return _kind(self.field)[0]

    @property
    def dtype(self) -> Any:
        if isinstance(self.field, ArrayField):
            return pl.List(_kind(self.field.base_field)[1])
        return _kind(self.field)[1]

    @property
    def about(self) -> str:
        return str(self.field.help_text)


@dataclass(frozen=True)
class Table:
    """A table that may be taken along, in the order of these fields."""

    model: type[models.Model]
    about: str
    order: tuple[str, ...]

    @cached_property
    def columns(self) -> list[Column]:
        fields = [one for one in self.model._meta.concrete_fields if one.name != "id"]
        return [column for field in fields for column in _columns(field)]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """By a cursor of the server."""
        paths = [column.path for column in self.columns]
        found = self.model._default_manager.order_by(*self.order).values_list(*paths)
        return iter(found.iterator(chunk_size=CHUNK))


def _columns(field: "models.Field[Any, Any]") -> Iterator[Column]:
    if not isinstance(field, models.ForeignKey):
        yield Column(field.name, field.name, field)
        return
    other: type[models.Model] = field.remote_field.model
    for end, path in KEYS[other].items():
        is_ours = field.name == "race" or not end
        name = (end or field.name) if is_ours else f"{field.name}_{end}"
        target = other._meta.get_field(path.removesuffix("_id"))
        if isinstance(target, models.ForeignKey):
            target = target.target_field
        assert isinstance(target, models.Field)  # noqa: S101 - of KEYS
        yield Column(name, f"{field.name}__{path}", target)


def _kind(field: "models.Field[Any, Any]") -> tuple[str, Any]:
    known = ((word, dtype) for one, word, dtype in KINDS if isinstance(field, one))
    return next(known, ("text", pl.String))


IN_RACE: Final = ("race_id", "display_order")
IN_SESSION: Final = ("race_id", "kind", "display_order")
TABLES: Final = {
    "seasons": Table(record.Season, "championship years", ("year",)),
    "circuits": Table(record.Circuit, "tracks", ("slug",)),
    "layouts": Table(record.CircuitLayout, "shapes of tracks", ("slug",)),
    "teams": Table(record.Team, "constructors", ("slug",)),
    "team_eras": Table(
        record.TeamEra, "chains of renamed teams", ("team__slug", "first_year")
    ),
    "drivers": Table(record.Driver, "drivers", ("slug",)),
    "races": Table(record.Race, "races held, planned and cancelled", ("id",)),
    "sessions": Table(record.Session, "hours of the weekends", ("race_id", "kind")),
    "entries": Table(record.Entry, "who was entered, in which car", ("race_id", "id")),
    "results": Table(record.RaceResult, "classifications of races", IN_RACE),
    "sprint_results": Table(record.SprintResult, "classifications of sprints", IN_RACE),
    "qualifying_results": Table(record.QualifyingResult, "qualifying", IN_SESSION),
    "grid_slots": Table(record.GridSlot, "starting grids", IN_SESSION),
    "practice_results": Table(
        record.PracticeResult, "best laps of practice", IN_SESSION
    ),
    "driver_standings": Table(
        record.DriverStanding, "drivers' championship after each race", IN_RACE
    ),
    "team_standings": Table(
        record.TeamStanding, "constructors' championship after each race", IN_RACE
    ),
    "weather": Table(
        record.WeatherData,
        "weather of the sessions",
        ("race_id", "kind", "is_forecast", "source"),
    ),
    "rating_changes": Table(
        rated.RatingChange, "how each race moved each rating", ("sequence", "id")
    ),
    "models": Table(said.ModelVersion, "fitted models", ("name", "version")),
    "forecasts": Table(said.Forecast, "forecasts in the order of their chain", ("id",)),
    "predictions": Table(
        said.Prediction, "the drivers of each forecast", ("forecast_id", "driver_id")
    ),
    "accuracy": Table(
        said.PredictionAccuracy, "scores of forecasts", ("forecast_id", "id")
    ),
}


# --- writing ----------------------------------------------------------------------
def as_csv(table: Table) -> Iterator[str]:
    head = [column.name for column in table.columns]
    return csv_lines(head, ([cell(plain(one)) for one in row] for row in table.rows()))


def as_json_lines(table: Table) -> Iterator[str]:
    head = [column.name for column in table.columns]
    for row in table.rows():
        line = dict(zip(head, map(plain, row), strict=True))
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def as_parquet(table: Table) -> IO[bytes]:
    """An open file that is gone once it is closed."""
    schema = {column.name: column.dtype for column in table.columns}
    rows = table.rows()
    with TemporaryDirectory(prefix="f1-export-") as folder:
        for n, chunk in enumerate(iter(lambda: list(islice(rows, CHUNK)), [])):
            part = pl.DataFrame(map(_stored, chunk), schema=schema, orient="row")
            part.write_parquet(Path(folder) / f"{n:06}.part")
        whole = Path(folder) / "whole"
        parts = sorted(Path(folder).glob("*.part"))
        frame = pl.scan_parquet(parts) if parts else pl.LazyFrame(schema=schema)
        frame.sink_parquet(whole, maintain_order=True)
        return whole.open("rb")


def _stored(row: tuple[Any, ...]) -> list[Any]:
    return [json.dumps(one) if isinstance(one, dict) else one for one in row]
