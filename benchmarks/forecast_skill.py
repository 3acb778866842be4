"""How well forecasts tell races, beside the baselines. Needs the archive.

    ./run bench forecast_skill --archive PATH [--write]

The backtest of all models at all stages over 2015 to 2024, in a database of its own.
With ``--write`` the tables go into docs/forecasting.md and the reliability of the
primary model into docs/img/reliability.svg. On a database that holds the archive
``./run manage backtest`` with the same options does the same.
"""

import sys
from typing import Any

from benchmarks._scratch import parser_of, say
from benchmarks.forecasts import FIRST, LAST, load_record
from f1site.testing.serving import scratch_database


def main() -> int:
    """Run, print, write if asked."""
    parser = parser_of(str(__doc__), rounds=1)
    parser.add_argument("--write", action="store_true", help="into docs/forecasting.md")
    asked = parser.parse_args()
    if not asked.archive:
        say("left out: needs --archive PATH, the starter record begins too late")
        return 0
    with scratch_database():
        from django.core.management import call_command

        from predictions.forecasting.entrant import STAGES

        load_record(asked.archive)
        stages = ",".join(STAGES)
        told: dict[str, Any] = {"stage": stages, "models": "", "write": asked.write}
        call_command("backtest", seasons=f"{FIRST}-{LAST}", **told)
        call_command("backtest", seasons=f"2021-{LAST}", sprints=True, **told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
