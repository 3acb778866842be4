"""Reads a season through FastF1 and prints what it got, value by value.

    python fastf1_client.py BASE_URL SEASON FOLDER

Runs in the environment of ``./run fastf1``, where nothing of ours is installed.
"""

import json
import sys
from typing import Any

import fastf1
import fastf1.ergast.interface
from fastf1.ergast import Ergast

LIMIT = 100


def main(base_url: str, season: int, folder: str) -> None:
    """All pages of every table; the values as Python writes them, with their types."""
    fastf1.Cache.enable_cache(folder)
    fastf1.set_log_level("ERROR")
    fastf1.ergast.interface.BASE_URL = base_url
    ask = Ergast(result_type="pandas", auto_cast=True, limit=LIMIT)
    tables = {
        "schedule": ask.get_race_schedule,
        "results": ask.get_race_results,
        "qualifying": ask.get_qualifying_results,
        "sprint": ask.get_sprint_results,
        "driver standings": ask.get_driver_standings,
        "constructor standings": ask.get_constructor_standings,
    }
    read = {name: _rows(get(season=season)) for name, get in tables.items()}
    json.dump(read, sys.stdout)


def _rows(page: Any) -> list[dict[str, str]]:
    rows = []
    while True:
        rows += _rows_of(page)
        try:
            page = page.get_next_result_page()
        except ValueError:  # FastF1's word for the last one
            return rows


def _rows_of(page: Any) -> list[dict[str, str]]:
    """A table of races or lists has a frame for each; a plain one is a frame."""
    if not hasattr(page, "description"):
        return _written(page)
    around = _written(page.description)
    return [
        {f"of {name}": value for name, value in one.items()} | row
        for one, frame in zip(around, page.content, strict=True)
        for row in _written(frame)
    ]


def _written(frame: Any) -> list[dict[str, str]]:
    types = {name: str(kind) for name, kind in frame.dtypes.items()}
    return [
        {name: f"{value!r} {types[name]}" for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
