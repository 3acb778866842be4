"""What pages say of themselves: to readers, to those who share them, to crawlers."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

HOST = "http://testserver"
PAGES = [
    "/",
    "/calendar/",
    "/standings/",
    "/races/2024/22/",
    "/ratings/",
    "/ratings/history/",
    "/ratings/all-time/",
    "/compare/",
    "/track-record/",
    "/models/",
    "/data/",
    "/drivers/",
    "/drivers/charles-leclerc/",
    "/teams/ferrari/",
    "/circuits/las-vegas/",
]


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


@pytest.fixture
def page(client: Client) -> Callable[[str], str]:
    def get(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.content.decode()

    return get


Page = Callable[[str], str]


def content(text: str, name: str) -> str:
    (found,) = re.findall(
        rf'<meta (?:name|property)="{name}"\s+content="([^"]*)">', text
    )
    return str(found)


def canonical(text: str) -> str:
    (found,) = re.findall(r'<link rel="canonical" href="([^"]*)">', text)
    return str(found)


def test_each_page_has_a_title_and_a_description_of_its_own(
    cast: Cast, page: Page
) -> None:
    titles, descriptions = set(), set()
    for path in PAGES:
        text = page(path)
        title = re.findall(r"<title>([^<]+)</title>", text)[0]
        assert content(text, "og:title") == title
        assert content(text, "og:description") == content(text, "description")
        assert 30 < len(content(text, "description")) < 240, path
        titles.add(title)
        descriptions.add(content(text, "description"))
    assert len(titles) == len(descriptions) == len(PAGES)


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/races/2024/22/?stage=final_grid&sort=podium", "/races/2024/22/"),
        ("/drivers/?q=lec", "/drivers/"),
        ("/calendar/", "/calendar/?season=2025"),
        ("/calendar/?season=2023", "/calendar/?season=2023"),
        (
            "/compare/?names=charles-leclerc,lewis-hamilton",
            "/compare/?of=drivers&amp;names=charles-leclerc,lewis-hamilton",
        ),
    ],
)
def test_a_page_has_one_address(
    path: str, address: str, cast: Cast, page: Page
) -> None:
    text = page(path)
    assert canonical(text) == f"{HOST}{address}"
    assert content(text, "og:url") == f"{HOST}{address}"


def test_the_forecast_is_the_description_of_its_race(cast: Cast, page: Page) -> None:
    api_cast.issue(cast, cast.melbourne)
    said = content(page("/races/2025/1/"), "description")
    assert said.startswith("George Russell is the favourite in Melbourne at 40")


def test_names_cannot_break_out_of_the_head(cast: Cast, page: Page) -> None:
    driver = cast.drivers["charles-leclerc"]
    driver.name = '"><script>alert(1)</script>'
    driver.save()
    text = page("/drivers/charles-leclerc/")
    assert "<script>alert" not in text
    assert "&quot;&gt;&lt;script" in text.split("</head>")[0]


@pytest.mark.parametrize("path", ["/search/?q=x", "/login/", "/drivers/nobody/"])
def test_what_is_no_page_is_not_indexed(path: str, cast: Cast, client: Client) -> None:
    text = client.get(path).content.decode()
    assert content(text, "robots") == "noindex"
    assert "canonical" not in text


@pytest.mark.parametrize(
    ("path", "trail"),
    [
        ("/drivers/charles-leclerc/", ["/drivers/"]),
        ("/teams/ferrari/", ["/teams/"]),
        ("/circuits/las-vegas/", ["/circuits/"]),
        ("/races/2024/22/", ["/calendar/", "/calendar/?season=2024"]),
        (
            "/races/2024/22/sprint/",
            ["/calendar/", "/calendar/?season=2024", "/races/2024/22/"],
        ),
        (
            "/races/2025/1/why/",
            ["/calendar/", "/calendar/?season=2025", "/races/2025/1/"],
        ),
    ],
)
def test_detail_pages_say_where_they_stand(
    path: str, trail: list[str], cast: Cast, page: Page
) -> None:
    cast.vegas.sprint_format = "qualifying_2024"
    cast.vegas.save()
    api_cast.issue(cast, cast.melbourne)
    _, rest = page(path).split('<nav aria-label="Breadcrumb">')
    crumbs, _ = rest.split("</nav>", 1)
    assert re.findall(r'href="([^"]+)"', crumbs) == trail
    assert crumbs.count('aria-current="page"') == 1


def test_lists_have_no_trail(cast: Cast, page: Page) -> None:
    assert "Breadcrumb" not in page("/drivers/")


def test_the_site_map_holds_what_has_a_page(
    cast: Cast,
    client: Client,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    with django_assert_num_queries(5):  # type: ignore[attr-defined]
        response = client.get("/sitemap.xml")
    found = re.findall(r"<loc>([^<]+)</loc>", response.content.decode())
    assert len(found) == len(set(found))
    paths = [address.removeprefix(HOST).replace("&amp;", "&") for address in found]
    for path in ("/races/2024/22/", "/drivers/charles-leclerc/", "/teams/ferrari/"):
        assert path in paths
    assert not any("2023/" in path for path in paths)  # cancelled
    for path in paths:
        assert client.get(path).status_code == 200, path


def test_crawlers_are_led_to_the_map_and_away_from_the_rest(
    cast: Cast, page: Page
) -> None:
    lines = page("/robots.txt").splitlines()
    assert f"Sitemap: {HOST}/sitemap.xml" in lines
    assert "Disallow: /admin/" in lines
