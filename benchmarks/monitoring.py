"""A real Prometheus against a real site: does each figure move, and is it asked right?

    ./run bench monitoring [--prometheus-port 9190]

Starts ``./run`` in a folder of its own on the eve of a race whose result it has
forgotten, and Prometheus with our configuration, pointed at this machine. Then the
worker forecasts, a command learns the result, rates and forecasts, the worker scores,
and readers come. Every figure of the sport must have moved by then, six scrapes in a
row must agree, and every query of the boards must have an answer.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from benchmarks._scratch import say
from f1site.testing.serving import NO_LIMITS

ROOT = Path(__file__).resolve().parents[1]
#: On the eve of the last race of the record that comes with the project.
EVE = "2024-12-08T10:00:00Z"
RACE = (2024, 24)
SCRAPE_S = 3
PATIENCE_S = 300
SITE, WORKERS = "f1-analytics-api-gateway", "f1-analytics-prediction-service"
EXPORTERS = {"node", "postgres", "redis", "cadvisor"}

FORGET = f"""
from datetime import timedelta
from django.db.models import F
from ingestion.models import *
race = Race.objects.by_round{RACE}
for table in (RaceResult, ResultVersion, DriverStanding, TeamStanding):
    table.objects.filter(race=race).delete()
Race.objects.filter(pk=race.pk).update(status="scheduled")
SourceFetch.objects.filter(source="starter").delete()
three_days_ago = F("confirmed_at") - timedelta(days=3)
Provenance.objects.update(confirmed_at=three_days_ago, changed_at=three_days_ago)
"""
SEND = f"from predictions.tasks import refresh_race_task as t; t.delay(*{RACE})"
#: Figure → the query whose value must have changed.
MOVED = {
    "forecast by the worker": (
        "f1_predictions_generated_total",
        f'sum(f1_predictions_generated_total{{job="{WORKERS}",success="success"}})',
    ),
    "inference": (
        "f1_ml_inference_duration_seconds",
        f'sum(f1_ml_inference_duration_seconds_count{{job="{WORKERS}"}})',
    ),
    "features": (
        "f1_feature_engineering_duration_seconds",
        f'sum(f1_feature_engineering_duration_seconds_count{{job="{WORKERS}"}})',
    ),
    "replay of the ratings": (
        "f1_elo_calculation_duration_seconds",
        f'sum(f1_elo_calculation_duration_seconds_count{{job="{WORKERS}"}})',
    ),
    "rating": ("f1_driver_elo_rating", "sum(f1_driver_elo_rating)"),
    "score by the worker": (
        "f1_prediction_accuracy",
        'count(f1_prediction_accuracy{timeframe="last_5_races"})',
    ),
    "import": (
        "f1_race_data_freshness_seconds",
        'max(f1_race_data_freshness_seconds{data_type="race_results"})',
    ),
    "cache hit": (
        "f1_cache_operations_total",
        f'sum(f1_cache_operations_total{{job="{SITE}",operation="get",'
        'cache_type="page",status="hit"})',
    ),
}


def main() -> int:
    asked = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    asked.add_argument("--prometheus-port", type=int, default=9190)
    options = asked.parse_args()
    if shutil.which("prometheus") is None:
        say("Prometheus is not here: apt-get install prometheus. Nothing was measured.")
        return 0
    with tempfile.TemporaryDirectory(prefix="f1-") as named:
        bench = Bench(Path(named), options.prometheus_port)
        with bench.site(), bench.prometheus():
            bench.act()
            return bench.judge()


class Bench:
    """A site and a Prometheus of its own."""

    def __init__(self, place: Path, port: int) -> None:
        self.place, self.faults = place, 0
        self.ports = {name: free_port() for name in ("site", "workers", "flower")}
        self.url = f"http://127.0.0.1:{self.ports['site']}"
        self.watch = f"http://127.0.0.1:{port}"
        without = ("DATABASE_URL", "REDIS_URL", "PROMETHEUS_MULTIPROC_DIR")
        kept = {key: value for key, value in os.environ.items() if key not in without}
        self.environment = (
            kept
            | NO_LIMITS
            | {
                "VAR_DIR": str(place / "var"),
                "F1_NOW": EVE,
                "PORT": str(self.ports["site"]),
                "WORKER_METRICS_PORT": str(self.ports["workers"]),
                "FLOWER_PORT": str(self.ports["flower"]),
            }
        )

    @contextmanager
    def site(self) -> Iterator[None]:
        log = self.place / "site.log"
        with (
            log.open("wb") as words,
            started(["./run"], self.environment, words) as process,
        ):
            wait_until("the site", lambda: "The site is up" in log.read_text())
            self.has_flower = "Flower" in log.read_text()
            try:
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)

    @contextmanager
    def prometheus(self) -> Iterator[None]:
        config = self._config()
        command = ["prometheus", f"--config.file={config}"]
        command += [f"--storage.tsdb.path={self.place / 'tsdb'}"]
        command += [f"--web.listen-address={self.watch.removeprefix('http://')}"]
        with (
            (self.place / "prometheus.log").open("wb") as words,
            started(command, dict(os.environ), words),
        ):
            wait_until("the targets", self._all_up)
            yield

    def _config(self) -> Path:
        """Ours, with this machine for the network of containers, and less patience."""
        shutil.copytree(ROOT / "deploy" / "prometheus" / "rules", self.place / "rules")
        for path in (self.place / "rules").glob("*.yml"):
            path.write_text(path.read_text().replace("interval: 5m", "interval: 3s"))
        config = yaml.safe_load(
            (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
        )
        paces = ("scrape_interval", "scrape_timeout", "evaluation_interval")
        config["global"] |= dict.fromkeys(paces, f"{SCRAPE_S}s")
        places = {SITE: "site", WORKERS: "workers", "flower": "flower"}
        jobs = config["scrape_configs"]
        config["scrape_configs"] = [j for j in jobs if j["job_name"] in places]
        for job in config["scrape_configs"]:
            port = self.ports[places[job["job_name"]]]
            for name in ("dns_sd_configs", "authorization"):
                job.pop(name, None)
            job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
        path = self.place / "prometheus.yml"
        path.write_text(yaml.safe_dump(config))
        return path

    def _all_up(self) -> bool:
        up = {s["metric"]["job"]: s["value"][1] for s in self.ask("up")}
        wanted = {SITE, WORKERS} | ({"flower"} if self.has_flower else set())
        return all(up.get(job) == "1" for job in wanted)

    # --- what happens -------------------------------------------------------------
    def act(self) -> None:
        """Forecast, ingest, rate and score, as a command and in a worker."""
        self.manage("shell", "-c", FORGET)
        self.manage("rate")
        self.settle()
        self.before = {what: self.value(query) for what, (_, query) in MOVED.items()}
        say("the worker forecasts …")
        self.manage("shell", "-c", SEND)
        name, query = MOVED["forecast by the worker"]
        first = self.before["forecast by the worker"] or 0
        wait_until(name, lambda: (self.value(query) or 0) > first)
        say("a command learns the result, rates, and forecasts …")
        self.manage("load_starter")
        self.manage("rate")
        self.manage("forecast", "--race", "2024-23")
        say("the worker scores …")
        self.manage("shell", "-c", SEND)
        score = MOVED["score by the worker"][1]
        wait_until("the score", lambda: self.value(score) is not None)
        say("readers come …")
        for _ in range(2):  # a rate is the growth from one scrape to another
            self.read(20)
            self.settle()

    def read(self, n: int) -> None:
        for _ in range(n):
            for path in ("/", "/drivers/", "/api/v1/drivers/", "/api/v1/races/"):
                get(self.url + path)

    def manage(self, *words: str) -> None:
        subprocess.run(  # noqa: S603 - our own command
            [str(ROOT / "run"), "manage", *words],
            env=self.environment,
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def settle(self) -> None:
        """Until Prometheus has seen how it is now."""
        time.sleep(2.5 * SCRAPE_S)

    # --- what is to be seen -------------------------------------------------------
    def judge(self) -> int:
        self.tell("targets up", self._all_up(), ", ".join(self.targets()))
        if not self.has_flower:
            say("  Flower is not started by this ./run: its target was not looked at")
        for what, (name, query) in MOVED.items():
            before, after = self.before[what], self.value(query)
            moved = after is not None and after != before
            self.tell(f"{name} moved ({what})", moved, f"{before} → {after}")
        self._agree()
        self._validate()
        say(f"{self.faults} faults")
        return 1 if self.faults else 0

    def targets(self) -> list[str]:
        return [
            f"{s['metric']['job']} {s['metric']['instance']}" for s in self.ask("up")
        ]

    def _agree(self) -> None:
        """Six scrapes in a row: no process answers for itself alone."""
        time.sleep(7 * SCRAPE_S)
        for name in ("f1_predictions_generated_total", "f1_driver_elo_rating"):
            window = f"[{6 * SCRAPE_S + 1}s]"
            most = self.value(f"max(changes({name}{window}))")
            seen = self.value(f"min(count_over_time({name}{window}))")
            is_same = most == 0 and seen is not None and seen >= 6
            self.tell(f"{name}: scrapes agree", is_same, f"{seen} seen, {most} changes")

    def _validate(self) -> None:
        where = ["--site", self.url, "--prometheus", self.watch]
        done = subprocess.run(  # noqa: S603 - our own command
            [str(ROOT / "run"), "manage", "validate_monitoring", *where],
            env=self.environment,
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        for line in (done.stdout + done.stderr).splitlines():
            say(f"  {line}")
        self.tell("validate_monitoring", done.returncode == 0, "")

    def tell(self, what: str, is_well: bool, seen: object) -> None:
        self.faults += not is_well
        say(f"{'ok   ' if is_well else 'FAULT'}  {what:<60} {seen}")

    def ask(self, query: str) -> list[Any]:
        asked = urllib.parse.urlencode({"query": query})
        try:
            told = json.loads(get(f"{self.watch}/api/v1/query?{asked}"))
        except OSError:
            return []
        found: list[Any] = told["data"]["result"]
        return found

    def value(self, query: str) -> float | None:
        found = self.ask(query)
        return float(found[0]["value"][1]) if found else None


@contextmanager
def started(
    command: list[str], environment: Mapping[str, str], words: Any
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(  # noqa: S603 - spelled out above
        command,
        env=dict(environment),
        cwd=ROOT,
        stdout=words,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_until(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not seen within {PATIENCE_S} s")
        time.sleep(1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - ours
        return bytes(answer.read())


if __name__ == "__main__":
    sys.exit(main())
