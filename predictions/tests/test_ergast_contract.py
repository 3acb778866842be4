"""What the live source says comes back from us, word for word.

The season that lies in the tests, and with ``--ergast-samples FOLDER`` all of 2023.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from ingestion.services import import_live
from ingestion.tests.conftest import seed_aliases
from ingestion.tests.live_season import LiveSeason
from ingestion.tests.live_server import Good, serving
from ingestion.tests.test_live_replay import Samples

Document = dict[str, Any]
SEASON = 2023
#: Named in docs/ergast.md, "What differs".
DIFFERENT = {
    # Of a season and no more: the source looks at all it has.
    "results_2023_beyond",
}


def fill(good: Good, settings: Any) -> None:
    settings.LIVE_PER_SECOND = 1000
    seed_aliases()
    with serving(good) as source:
        settings.LIVE_URL = source.url
        import_live(season=SEASON)


def ask(client: Client, path: str) -> Document:
    response = client.get(f"/ergast/f1/{path}")
    assert response.status_code == 200, (path, response.content)
    return dict(response.json())


def comparable(document: Document) -> Document:
    """Without the address, which names the host."""
    about = document["MRData"]
    path = urlsplit(about["url"]).path
    return {"MRData": about | {"url": path}}


def test_samples(ergast_samples: Path, client: Client, settings: Any, db: None) -> None:
    settings.F1_NOW = datetime(2026, 10, 1, tzinfo=UTC)
    fill(Samples(ergast_samples).answer, settings)
    index = json.loads((ergast_samples / "_index.json").read_text())
    n = 0
    for name, entry in index.items():
        if not entry["path"].startswith(f"/ergast/f1/{SEASON}") or entry["status"]!=200:
            continue
        theirs = json.loads((ergast_samples / f"{name}.json").read_text())
        r = client.get(entry["path"])
        print(name, r.status_code)
        if r.status_code != 200: print(r.content); continue
        ours = r.json()
        diff(comparable(theirs), comparable(ours), name)
    assert 0

def diff(a, b, at):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in a.keys() | b.keys():
            if k not in a or k not in b:
                print(at, k, "theirs", a.get(k, "-"), "ours", b.get(k, "-"))
            else:
                diff(a[k], b[k], f"{at}/{k}")
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b): print(at, "len", len(a), len(b))
        for n, (x, y) in enumerate(zip(a, b)):
            diff(x, y, f"{at}/{n}")
    elif a != b:
        print(at, "theirs", a, "ours", b)
