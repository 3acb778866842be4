"""What a first visit has to fetch."""

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django.fixtures import Settings

from predictions.tests import api_cast

#: Bytes, compressed; the sample of the art direction needs half of it.
MOST_IN_ALL = 60_000
MOST_OF_OURS = 4096


@pytest.fixture
def home(db: None, settings: Settings, client: Client) -> str:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cast = api_cast.make()
    api_cast.issue(cast, cast.melbourne)
    return client.get("/").content.decode()


def static(address: str) -> bytes:
    path = finders.find(address.removeprefix("/static/"))
    assert path, address
    return Path(path).read_bytes()


def test_the_front_page_weighs_little_with_all_it_needs(home: str) -> None:
    needed = re.findall(r'<link rel="(?:icon|stylesheet)"[^>]*href="([^"]+)"', home)
    needed += re.findall(r'<(?:script|img)[^>]*src="([^"]+)"', home)
    assert len(needed) == 4
    parts = [home.encode(), *map(static, needed)]
    assert sum(len(gzip.compress(part, 6)) for part in parts) <= MOST_IN_ALL


def test_its_only_scripts_are_htmx_and_one_of_ours(home: str) -> None:
    scripts = re.findall(r'<script[^>]*src="([^"]+)"', home)
    assert [("htmx" in one) for one in scripts] == [False, True]
    assert len(static(scripts[0])) <= MOST_OF_OURS
    assert "<script>" not in home


def test_the_picture_that_is_shared_is_there(home: str) -> None:
    (address,) = re.findall(r'og:image" content="http://testserver([^"]+)"', home)
    assert static(address).startswith(b"\x89PNG")
