"""No look-ahead on the whole record: what comes later moves no bit of a backtest.

    ./run bench look_ahead [--archive PATH] [--seasons 2022-2023]

Some seasons are backtested before the weekend and on the grid. Then everybody gets
somebody else's results, qualifying, grid and points in the season of 2024, the
ratings follow, and both are backtested anew: the exported files must be the same bytes.
The record is the archive, or the starter record without it.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks._scratch import parser_of, say
from benchmarks.forecasts import STAGES, load_record
from f1site.testing.serving import scratch_database

LATER = 2024


def main() -> int:
    """Export, shuffle, export again; fail where a byte differs."""
    parser = parser_of(str(__doc__), rounds=1)
    parser.add_argument("--seasons", default="2022-2023", help="before 2024")
    asked = parser.parse_args()
    with scratch_database(), tempfile.TemporaryDirectory() as folder:
        from predictions.tests import forecast_cast as cast

        load_record(asked.archive)
        before = [export(Path(folder), asked.seasons, stage) for stage in STAGES]
        cast.shuffle_season(LATER)
        after = [export(Path(folder), asked.seasons, stage) for stage in STAGES]
    for stage, one, other in zip(STAGES, before, after, strict=True):
        verdict = "the same" if one == other else "DIFFERENT"
        say(f"{stage:14} {len(one):10,} bytes, {verdict} with {LATER} shuffled")
    return 0 if before == after else 1


def export(folder: Path, seasons: str, stage: str) -> bytes:
    """The primary model's forecasts, computed anew by the command."""
    from django.core.management import call_command

    path = folder / "export.csv"
    call_command(
        "backtest", seasons=seasons, stage=stage, export=path, fresh=True, models=""
    )
    return path.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
