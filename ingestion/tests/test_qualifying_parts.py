"""Who made which part of qualifying, also without a lap in it."""

import pytest

from ingestion.models import QualifyingResult


@pytest.mark.parametrize(
    ("row", "made"),
    [
        ({"position": 9, "q1_ms": 91_000, "q2_ms": 90_000}, (True, True)),
        ({"position": 11, "q1_ms": 91_000, "q2_ms": 90_000}, (True, False)),
        ({"position": 15, "q1_ms": 91_000}, (True, False)),
        ({"position": 16, "q1_ms": 91_000}, (False, False)),
        ({"position": None, "q1_ms": 91_000}, (False, False)),
        ({"position": 1, "time_ms": 91_000}, (False, False)),
    ],
)
def test_a_part_counts_without_a_time_in_it(
    row: dict[str, int | None], made: tuple[bool, bool]
) -> None:
    result = QualifyingResult(**row)
    assert (result.made_q2, result.made_q3) == made
