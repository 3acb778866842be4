"""Names as somebody bad would write them: nothing of them becomes markup."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import cycle
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from ingestion.models import Circuit, Driver, Race, Team
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast
from predictions.tests.test_pages import ADDRESSES

MARK = "zqx"
PAYLOADS = [
    payload.replace("alert(1)", f"{MARK}(1)")
    for payload in (
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "</title><script>alert(1)</script>",
        "</textarea><script>alert(1)</script>",
        "</style><script>alert(1)</script>",
        "<ScRiPt>alert(1)</sCrIpT>",
        "<script/src=data:,alert(1)>",
        "<script>alert(1)//",
        '"><script>alert(1)</script>',
        "'><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "'><img src=x onerror=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "<img/src=x/onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        '</svg><svg onload="alert(1)">',
        "</text></svg><script>alert(1)</script>",
        "<body onload=alert(1)>",
        "<iframe src=javascript:alert(1)>",
        "<a href=javascript:alert(1)>x</a>",
        "javascript:alert(1)",
        '" onmouseover="alert(1)',
        "' onfocus='alert(1)' autofocus='",
        "` onclick=`alert(1)`",
        "<details open ontoggle=alert(1)>",
        "<math><mi xlink:href=javascript:alert(1)>x",
        "{{ alert(1) }}{% include 'x' %}",
        '" hx-on:click="alert(1)" hx-get="//evil.example',
        "<!--><script>alert(1)</script>-->]]><script>alert(1)</script>",
    )
]
PAGES = [
    *ADDRESSES,
    "/compare/?of=drivers&names=charles-leclerc,george-russell",
    "/data/",
    "/models/",
    "/admin/ingestion/driver/",
    "/admin/ingestion/race/",
    "/api/v1/drivers/?format=api",
]
FORMS = ["/api/v1/drivers/", "/api/v1/races/", "/drivers/charles-leclerc/results.json"]
ROUNDS = 3


class Judge(HTMLParser):
    """Notes tags that nobody of ours writes, and attributes that run something."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        written = self.get_starttag_text() or ""
        if tag in ("iframe", "math", "body", "img") and MARK in written:
            self.faults.append(f"<{tag} {attrs}>")
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            is_data = given.get("type") in ("application/json", "application/ld+json")
            if not is_data:
                self.faults.append(f"<{tag} {attrs}>")
        for name, value in given.items():
            runs = name.startswith(("on", "hx-on")) or name == "srcdoc"
            goes = name in ("href", "src", "action", "hx-get", "xlink:href")
            far = value.strip().lower().startswith(("javascript:", "//evil", "data:"))
            if (runs and MARK in value) or (goes and far):
                self.faults.append(f"{tag} {name}={value}")

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and MARK in data and self.cdata_elem:
            self.faults.append(f"script: {data[:60]}")


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


def test_the_judge_sees_each_of_them() -> None:
    """Written into a page as they are, all but three do something."""
    missed = []
    for payload in PAYLOADS:
        judges = [Judge() for _ in range(3)]
        for judge, page in zip(
            judges,
            (f"<p>{payload}</p>", f'<a title="{payload}">', f"<a title='{payload}'>"),
            strict=True,
        ):
            judge.feed(page)
        if not any(judge.faults for judge in judges):
            missed.append(payload)
    harmless_here = ("javascript:", "{{", "`")
    assert [one for one in missed if not one.startswith(harmless_here)] == []


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_nothing_in_a_name_becomes_markup(turn: int, cast: Cast) -> None:
    evil = cycle(PAYLOADS[turn::ROUNDS])
    for model, fields in (
        (Driver, ("name", "first_name", "last_name")),
        (Team, ("name", "full_name")),
        (Circuit, ("name", "full_name", "place")),
        (Race, ("name", "official_name")),
    ):
        known = {one.name for one in model._meta.get_fields()}
        for row in model._default_manager.all():
            for name in fields:
                if name in known:
                    limit: int | None = getattr(
                        model._meta.get_field(name), "max_length", None
                    )
                    setattr(row, name, next(evil)[:limit])
            row.save()
    api_cast.issue(cast, cast.melbourne)
    keeper = Client()
    keeper.force_login(User.objects.create_superuser("root@example.org"))
    faults = []
    for path in PAGES:
        answer = keeper.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        judge = Judge()
        judge.feed(text)
        faults += [f"{path}: {fault}" for fault in judge.faults]
    for path in FORMS:
        assert keeper.get(path)["Content-Type"].startswith("application/json")
    for path in ("/forecasts.atom", "/sitemap.xml"):
        ElementTree.fromstring(keeper.get(path).content)  # noqa: S314 — our own
    assert not faults, "\n".join(faults)
