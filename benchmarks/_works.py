"""Work that a worker is killed at: how it begins, and what must come out."""

import hashlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

#: A slow source makes an import long enough to be met at it.
ANSWERS_AFTER_S = 0.02


class Work(ABC):
    """A task, the state that it begins with, and a checksum of what it leaves."""

    #: In the job ledger, and the moment at which the clock of the site stands.
    job: ClassVar[str]
    now: ClassVar[str]

    def __init__(self, models: Path) -> None:
        self.models = models

    def served(self) -> AbstractContextManager[dict[str, str]]:
        """What it needs while it runs, as settings of the worker."""
        return nullcontext({})

    def set_up(self) -> None:  # noqa: B027 - most need nothing
        """Once, before the worker is there."""

    @abstractmethod
    def reset(self) -> None:
        """As if it had not been done."""

    @abstractmethod
    def send(self) -> None: ...

    @abstractmethod
    def fingerprint(self) -> str: ...


class Import(Work):
    """A small season of the live source."""

    job, now = "live 2023", "2023-05-01T00:00:00Z"

    @contextmanager
    def served(self) -> Iterator[dict[str, str]]:
        import time

        from ingestion.tests.live_season import LiveSeason
        from ingestion.tests.live_server import serving

        season = LiveSeason(limit=20)

        def slowly(path: str, query: dict[str, str]) -> bytes | None:
            time.sleep(ANSWERS_AFTER_S)
            return season.answer(path, query)

        with serving(slowly) as source:
            yield {
                "LIVE_URL": source.url,
                "LIVE_PER_SECOND": "1000",
                "LIVE_PER_HOUR": "100000",
                "LIVE_FRESH_S": "0",
            }

    def reset(self) -> None:
        from ingestion.models import SourceRequest
        from ingestion.tests.conftest import empty_record

        empty_record()
        SourceRequest.objects.all().delete()

    def send(self) -> None:
        from ingestion.tasks import import_live_task

        import_live_task.delay(2023)

    def fingerprint(self) -> str:
        from ingestion.tests.fingerprint import fingerprint

        return fingerprint()


class _OfTheModels(Work):
    """On a small record of two seasons and a race ahead."""

    now = "2025-03-10T12:00:00Z"

    def set_up(self) -> None:
        from predictions.tests import forecast_cast
        from ratings.services import replay_ratings

        forecast_cast.store(seasons=range(2021, 2025), rounds=12)
        replay_ratings()

    def files(self) -> list[tuple[str, str]]:
        """Every file of a model and its checksum."""
        return sorted(
            (str(one.relative_to(self.models)), _sha256(one.read_bytes()))
            for one in self.models.rglob("*")
            if one.is_file()
        )


class Train(_OfTheModels):
    """All models, as every night."""

    job = "train"

    def reset(self) -> None:
        truncate("predictions_modelversion")
        shutil.rmtree(self.models, ignore_errors=True)

    def send(self) -> None:
        from predictions.tasks import train_missing_task

        train_missing_task.delay()

    def fingerprint(self) -> str:
        from predictions.models import ModelVersion

        names = ("name", "version", "status", "cutoff", "data_hash", "files", "metrics")
        rows = list(ModelVersion.objects.order_by("name").values_list(*names))
        return _sha256(repr((rows, self.files())).encode())


class Forecast(_OfTheModels):
    """Of the next race, by all models at every stage that is open."""

    job = "refresh"

    def set_up(self) -> None:
        super().set_up()
        from predictions.services import set_shadow, train_missing

        for trained in train_missing():
            if trained.version.name in ("lightgbm", "random_forest", "logit"):
                set_shadow(trained.version, on=True)

    def reset(self) -> None:
        from django.core.cache import cache

        truncate("predictions_forecast")
        cache.clear()  # where it stands what was forecast already

    def send(self) -> None:
        from predictions.tasks import refresh_task

        refresh_task.delay()

    def fingerprint(self) -> str:
        from predictions.models import Forecast, Prediction

        of_forecast = ("race", "kind", "stage", "model_version__name", "data_hash")
        of_driver = ("p_win", "p_podium", "p_points", "p_dnf", "positions")
        forecasts = Forecast.objects.values_list(*of_forecast)
        chances = Prediction.objects.values_list(
            *(f"forecast__{name}" for name in of_forecast), "driver__slug", *of_driver
        )
        rows = [*map(repr, forecasts), *map(repr, chances)]
        return _sha256(repr(sorted(rows)).encode())


WORKS: dict[str, Callable[[Path], Work]] = {
    "import": Import,
    "train": Train,
    "forecast": Forecast,
}


def truncate(table: str) -> None:
    """Empty a table and what hangs on it, sealed or not, as between tests."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET f1.test_database = 'on'")
        cursor.execute(f"TRUNCATE {table} RESTART IDENTITY CASCADE")


def _sha256(data: Any) -> str:
    return hashlib.sha256(data).hexdigest()
