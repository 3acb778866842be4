"""A small F1DB release in the real shapes, with facts typed in by hand.

Five races with the oddities that 75 years hold: a shared win, half points, a driver
twice in qualifying, a pole by penalty, a sprint weekend; and two races ahead. The
facts stand in ``data/mini-archive.txt``.
"""

import csv
import io
import zipfile
from pathlib import Path

DATA = Path(__file__).parent / "data"

Row = dict[str, str]

RESULTS = "f1db-races-race-results.csv"
QUALIFYING = "f1db-races-qualifying-results.csv"
PRACTICE = "f1db-races-free-practice-1-results.csv"
RACES = "f1db-races.csv"
DRIVERS = "f1db-drivers.csv"
TEAMS = "f1db-constructors.csv"
CIRCUITS = "f1db-circuits.csv"
ENTRANTS = "f1db-seasons-entrants-drivers.csv"

#: Short names in the tables, and what stands for them in the files.
SHORT = {
    "no": "driverNumber",
    "driver": "driverId",
    "team": "constructorId",
    "shared": "sharedCar",
    "pole": "polePosition",
    "fastest": "fastestLap",
    "sprint": "sprintQualifyingFormat",
}
TEXTS = {
    "text": "position",
    "q": "qualificationPosition",
    "grid": "gridPosition",
}


def columns() -> dict[str, list[str]]:
    """The columns of every file of a release."""
    lines = csv.reader((DATA / "f1db-columns.csv").read_text().splitlines())
    return {name: header for name, *header in lines}


def sections() -> dict[str, list[Row]]:
    """The typed-in rows by file."""
    _, *parts = (DATA / "mini-archive.txt").read_text().split("\n== ")
    return {
        name: _rows(table.strip().splitlines())
        for name, table in (part.split("\n", 1) for part in parts)
    }


def _rows(lines: list[str]) -> list[Row]:
    header, *cells = ([cell.strip() for cell in line.split("|")] for line in lines)
    return [
        {SHORT.get(name, name): value for name, value in zip(header, row, strict=True)}
        for row in cells
    ]


def _classified(rows: list[Row]) -> list[Row]:
    """Rows of sessions: their order within each race, numbers beside the texts."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["raceId"]] = counts.get(row["raceId"], 0) + 1
        row["positionDisplayOrder"] = str(counts[row["raceId"]])
        for short, name in TEXTS.items():
            value = row.pop(short, "")
            row[f"{name}Text"] = value
            row[f"{name}Number"] = value if value.isdigit() else ""
    return rows


class MiniArchive:
    """The files of the release; change ``files`` before writing them."""

    def __init__(self) -> None:
        self.columns = columns()
        self.files: dict[str, list[Row]] = {name: [] for name in self.columns}
        for name, rows in sections().items():
            in_session = "raceId" in rows[0]
            self.files[name] = _classified(rows) if in_session else rows
        self._complete_world()
        self._complete_races()

    def _complete_world(self) -> None:
        for row in self.files[DRIVERS]:
            row["name"] = f"{row['firstName']} {row['lastName']}"
        for row in [*self.files[CIRCUITS], *self.files[TEAMS]]:
            row["fullName"] = row["name"]
        shape = {"length": "5.000", "turns": "15"}
        for row in self.files[CIRCUITS]:
            row |= shape | {"direction": "CLOCKWISE", "longitude": "-5.971389"}
            self.files["f1db-circuits-layouts.csv"].append(
                shape | {"id": f"{row['id']}-1", "circuitId": row["id"]}
            )

    def _complete_races(self) -> None:
        for row in self.files[RACES]:
            row["officialName"] = f"Grand Prix {row['year']}"
            row["circuitLayoutId"] = f"{row['circuitId']}-1"
            row["courseLength"] = "5.000"
            if row["time"]:
                row |= {"qualifyingDate": row["date"], "qualifyingTime": "00:30"}

    def find(self, name: str, **wanted: str) -> Row:
        """The one row of a file with these values."""
        (row,) = [row for row in self.files[name] if wanted.items() <= row.items()]
        return row

    def drop(self, name: str, **wanted: str) -> None:
        """Take all rows with these values out of a file."""
        self.files[name] = [
            row for row in self.files[name] if not wanted.items() <= row.items()
        ]

    def drop_race(self, race_id: str) -> None:
        for name in self.files:
            self.drop(name, **{"id" if name == RACES else "raceId": race_id})

    def rename(self, old: str, new: str) -> None:
        """Another id for the same thing, wherever it stands."""
        for rows in self.files.values():
            for row in rows:
                row |= {name: new for name, value in row.items() if value == old}

    def text(self, name: str) -> str:
        out = io.StringIO()
        writer = csv.DictWriter(
            out, self.columns[name], restval="", extrasaction="ignore"
        )
        writer.writeheader()
        writer.writerows(self.files[name])
        return out.getvalue()

    def write_zip(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in self.files:
                archive.writestr(name, self.text(name))
        return path

    def write_folder(self, path: Path) -> Path:
        path.mkdir(parents=True, exist_ok=True)
        for name in self.files:
            (path / name).write_text(self.text(name), newline="")
        return path
