"""A forecast from rows to sealed rows, part by part.

    ./run bench forecast [--rounds 3]

Forecasts the next race with the primary model and the baselines, as they were fitted
last; ``./run manage train`` fits them. Nothing is kept: the transaction is rolled back.
"""

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

ROUNDS = 3
STAGE = "pre_weekend"
MOST_SECONDS = 10.0  # all parts, the record read and replayed from the beginning

Parts = dict[str, list[float]]


def main() -> int:
    """Measure, print, and fail when it takes too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")
    import django

    django.setup()
    parts: Parts = defaultdict(list)
    for _ in range(options.rounds):
        if not forecast_once(parts):
            say("forecast left out: no race to come, or no model fitted")
            return 0
    best = {name: min(seconds) for name, seconds in parts.items()}
    for name, seconds in best.items():
        say(f"{name:42} {1e3 * seconds:9.1f} ms")
    total = sum(best.values())
    say(f"{'in all':42} {1e3 * total:9.1f} ms  (at most {1e3 * MOST_SECONDS:.0f})")
    return 0 if total <= MOST_SECONDS else 1


def forecast_once(parts: Parts) -> bool:
    from django.db import transaction

    from f1site.base import clock
    from ingestion.queries import next_race
    from predictions import features, registry, services
    from predictions.features import Knowledge

    race, version = next_race(), registry.primary()
    if race is None or version is None:
        return False
    with measured(parts, "read the record and replay its form"):
        knowledge = Knowledge(min(clock.now(), features.start_of(race)))
        _ = knowledge.frame
    with measured(parts, "read the weekend, make its features"):
        _, rows = knowledge.rows_of(race, STAGE)
    with measured(parts, f"load {version}"):
        fitted = registry.load(version)[STAGE]
    with measured(parts, f"inference of {version}"):
        fitted.outlook(rows, seed=services.SEED)
    with transaction.atomic():
        with measured(parts, "all of it again and seal, three models"):
            services.forecast_race(race=race, stage=STAGE, knowledge=knowledge)
        transaction.set_rollback(True)
    return True


@contextmanager
def measured(parts: Parts, name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    parts[name].append(time.perf_counter() - started)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
