"""The mini archive, and a fingerprint of the record."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from auditlog.context import disable_auditlog
from django.apps import apps

from ingestion.models import (
    Alias,
    Finding,
    LiveWords,
    Provenance,
    RawPayload,
    ResultVersion,
    SourceFetch,
    SourceRequest,
)
from ingestion.services import Import, import_archive
from ingestion.services.tables import TABLES
from ingestion.tests.live_season import LiveSeason
from ingestion.tests.live_server import LiveServer, serving
from ingestion.tests.mini_archive import MiniArchive

Importer = Callable[[], Import]


def seed_aliases() -> None:
    """A transactional test may have flushed what migrations seeded."""
    rows = import_module("ingestion.migrations.0004_aliases").ALIASES
    Alias.objects.bulk_create(
        [
            Alias(kind=kind, alias=alias, slug=slug, first_season=first_season)
            for kind, alias, slug, first_season in rows
        ],
        ignore_conflicts=True,
    )
    with disable_auditlog():  # as in a migration
        for name in ("0007_live_aliases", "0012_live_ids"):
            import_module(f"ingestion.migrations.{name}").add(apps, None)


def empty_record() -> None:
    """Take away what a module committed for all its tests."""
    hanging = (Finding, ResultVersion, Provenance, SourceRequest, RawPayload)
    tables: list[Any] = [table.model for table in reversed(TABLES)]
    for model in (*hanging, *tables, SourceFetch, Alias, LiveWords):
        model._default_manager.all()._raw_delete("default")
    seed_aliases()


@pytest.fixture
def mini() -> MiniArchive:
    return MiniArchive()


@pytest.fixture
def ingest(mini: MiniArchive, tmp_path: Path, db: None) -> Importer:
    """Write the mini archive as it is now, and import it."""
    seed_aliases()

    def run() -> Import:
        folder = mini.write_folder(tmp_path / "release")
        return import_archive(location=str(folder))

    return run


@pytest.fixture
def record_hash(db: None) -> Callable[[], str]:
    """A checksum of all rows of the record, their keys included."""

    def compute() -> str:
        digest = hashlib.sha256()
        for table in TABLES:
            names = [field.attname for field in table.model._meta.concrete_fields]
            manager = table.model._default_manager
            for row in manager.order_by("pk").values_list(*names):
                digest.update(repr(row).encode())
        return digest.hexdigest()

    return compute


@pytest.fixture
def season() -> LiveSeason:
    return LiveSeason()


@pytest.fixture
def server(season: LiveSeason, settings: Any, db: None) -> Iterator[LiveServer]:
    settings.LIVE_PER_SECOND = 1000
    settings.LIVE_FRESH_S = 0
    settings.LIVE_WAIT_S = 0.01
    settings.F1_NOW = datetime(2023, 5, 1, tzinfo=UTC)
    seed_aliases()
    with serving(season.answer) as source:
        settings.LIVE_URL = source.url
        yield source
