"""What the commands print."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

from ingestion.tests.mini_archive import MiniArchive


def said(*arguments: str) -> list[str]:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().splitlines()


def test_an_import_prints_a_table_and_a_verdict(
    mini: MiniArchive, tmp_path: Path, db: None
) -> None:
    folder = str(mini.write_folder(tmp_path / "release"))
    lines = said("ingest_archive", "--from", folder)
    assert lines[0].split() == ["added", "changed", "unchanged", "removed"]
    assert ["races", "7", "0", "0", "0"] in [line.split() for line in lines]
    assert lines[-1].startswith(f"archive {folder}, sha256 ")
    assert lines[-1].endswith("rows read, none rejected, stored.")
    assert said("ingest_archive", "--from", folder)[-1].endswith("nothing changed.")


def test_an_import_prints_what_needs_a_human_eye(
    mini: MiniArchive, tmp_path: Path, db: None
) -> None:
    folder = tmp_path / "release"
    said("ingest_archive", "--from", str(mini.write_folder(folder)))
    mini.drop_race("1127")
    mini.drop("f1db-constructors.csv", id="williams")
    mini.rename("williams", "ferrari")
    lines = said("ingest_archive", "--from", str(mini.write_folder(folder)))
    assert "Kept, though the source lacks them: teams williams" in lines
    assert "2025 china vanished from the calendar: cancelled" in lines


def test_a_starter_goes_out_and_in(mini: MiniArchive, tmp_path: Path, db: None) -> None:
    said("ingest_archive", "--from", str(mini.write_folder(tmp_path / "release")))
    starter = str(tmp_path / "starter")
    lines = said("export_starter", "--seasons", "2024", "--to", starter)
    assert "rows in" in lines[0]
    assert said("load_starter", "--from", starter) == [
        "The record already reaches 2024-21: the starter adds nothing"
    ]
