"""The starter record: facts of recent seasons in a compact layout of our own.

A compressed CSV file for each table of the record. The columns are the fields of
its records in order; a race stands for its key, an empty cell for None.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from ingestion.errors import SourceFormatError, SourceUnavailableError
from ingestion.records import Facts, RaceRef
from ingestion.sources.sheets import Column, Sheet, optional, reference, whole_number

RECORDS: dict[str, type] = {
    name: get_args(annotation)[0]
    for name, annotation in get_type_hints(Facts).items()
    if get_origin(annotation) is list
}

#: A deterministic gzip: no time stamp, no file name, the strongest compression.
LEVEL = 9


def file_name(table: str) -> str:
    return f"{table}.csv.gz"


# --- writing ----------------------------------------------------------------------
def dump_starter(facts: Facts) -> dict[str, bytes]:
    """The files of the starter record by name."""
    races = {race.ref: str(race.id) for race in facts.races}
    return {
        file_name(table): gzip.compress(_csv(table, facts, races), LEVEL, mtime=0)
        for table in RECORDS
    }


def _csv(table: str, facts: Facts, races: Mapping[RaceRef, str]) -> bytes:
    names = [each.name for each in fields(RECORDS[table])]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for record in getattr(facts, table):
        writer.writerow([_cell(getattr(record, name), races) for name in names])
    return out.getvalue().encode()


def _cell(value: Any, races: Mapping[RaceRef, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return races[value]
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date | datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


# --- reading ----------------------------------------------------------------------
def fetch_starter(folder: Path) -> tuple[dict[str, bytes], str]:
    """The files of the starter record, unpacked, and their checksum."""
    digest, files = hashlib.sha256(), {}
    for table in RECORDS:
        path = folder / file_name(table)
        try:
            packed = path.read_bytes()
            files[table] = gzip.decompress(packed)
        except FileNotFoundError as error:
            raise SourceUnavailableError(f"There is no {path}") from error
        except (OSError, EOFError, zlib.error) as error:
            raise SourceFormatError(f"{path.name} is damaged: {error}") from error
        digest.update(packed)
    return files, digest.hexdigest()


def parse_starter(files: Mapping[str, bytes]) -> Facts:
    """All facts of the starter record."""
    races: dict[str, RaceRef] = {}
    facts = Facts()
    order = sorted(RECORDS, key=lambda table: table != "races")
    for table in order:
        rows = _sheet(table, races).read(io.StringIO(files[table].decode()))
        getattr(facts, table).extend(rows)
        if table == "races":
            races.update({str(race.id): race.ref for race in facts.races})
    return facts


def _sheet(table: str, races: Mapping[str, RaceRef]) -> Sheet[Any]:
    types = get_type_hints(RECORDS[table])
    columns = {name: _column(name, types[name], races) for name in types}
    return Sheet(file_name(table), RECORDS[table], columns)


READERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: whole_number,
    bool: {"1": True, "0": False}.__getitem__,
    float: float,
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}


def _column(name: str, annotation: Any, races: Mapping[str, RaceRef]) -> Column:
    if annotation == RaceRef:
        return reference(name, races, "race")
    kinds = [kind for kind in get_args(annotation) or (annotation,) if kind in READERS]
    read = READERS[kinds[0]]
    is_optional = type(None) in get_args(annotation)
    return Column((name,), optional(read) if is_optional else read, kinds[0].__name__)
