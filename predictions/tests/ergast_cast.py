"""A season filled from the live source, to be asked for in the shapes of Ergast."""

from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from ingestion.services import import_live
from ingestion.tests.conftest import seed_aliases
from ingestion.tests.live_season import SEASON, LiveSeason
from ingestion.tests.live_server import Good, serving

Document = dict[str, Any]


class OnePage(LiveSeason):
    """The small season of the importer's tests, on pages as long as they may be."""

    def most(self, what: str) -> int:
        return 100


def fill(good: Good, settings: Any, **asked: Any) -> None:
    """Import 2023, or what else is asked of it, from a source on loopback."""
    settings.LIVE_PER_SECOND = 1000
    seed_aliases()
    with serving(good) as source:
        settings.LIVE_URL = source.url
        import_live(season=SEASON, **asked)


def ask(client: Client, path: str) -> Document:
    response = client.get(f"/ergast/f1/{path}")
    assert response.status_code == 200, (path, response.content)
    return dict(response.json())


def comparable(document: Document) -> Document:
    """Without the address, in which each server names itself."""
    about = document["MRData"]
    return {"MRData": about | {"url": urlsplit(about["url"]).path}}


def place(row: Document) -> str:
    return str(row["position"])


def rows(document: Document, name: str = "Results") -> list[tuple[str, str, str]]:
    """(season-round, driver, place) of the rows of a table of races."""
    return [
        (
            f"{race['season']}-{race['round']}",
            row["Driver"]["driverId"],
            row["position"],
        )
        for race in document["MRData"]["RaceTable"]["Races"]
        for row in race[name]
    ]
