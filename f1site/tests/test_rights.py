"""Who may do what at every address: a table, and every cell of it tried."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final, NamedTuple

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from pytest_django.fixtures import Settings

from accounts import roles, tokens
from accounts.models import PersonalToken, User
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

ANYBODY, OTHER = "anonymous", "another viewer"
ROLES: Final = (
    ANYBODY,
    roles.VIEWER,
    OTHER,
    roles.ANALYST,
    roles.EDITOR,
    roles.ADMIN,
)
SIGNED_IN = set(ROLES) - {ANYBODY}
ANALYSTS = {roles.ANALYST, roles.EDITOR, roles.ADMIN}
EDITORS = {roles.EDITOR, roles.ADMIN}
READ = ("GET", "HEAD", "OPTIONS")
WRITE = ("POST", "PUT", "PATCH", "DELETE")


class Door(NamedTuple):
    """Who gets in by which methods; nobody does by any other."""

    who: set[str]
    methods: tuple[str, ...] = READ
    #: Of the others each is told that there is nothing.
    is_hidden: bool = False
    is_form: bool = False
    #: Who may POST where all may read.
    writers: set[str] | None = None


PAGE = Door(set(ROLES), ("GET", "HEAD"))
OPEN = Door(set(ROLES))
#: Pages of the account: what a method does is tried in accounts/tests; here it counts
#: whether somebody gets to it.
WAY_IN = Door(set(ROLES), (*READ, *WRITE), is_form=True)
MINE = Door(SIGNED_IN, (*READ, *WRITE), is_form=True)

#: The first that matches counts. What no line names has no door, and fails the test.
DOORS: Final[list[tuple[str, Door]]] = [
    (r"(login|logout)/|account/(register|reset|confirm|closed)/.*", WAY_IN),
    (r"account/second-factor/code/", WAY_IN),
    (r"account/mails/<str:signed>/", WAY_IN),
    (
        r"account/tokens/<slug:handle>/revoke/",
        Door({roles.VIEWER}, ("POST",), is_hidden=True),
    ),
    (r"account/.*", MINE),
    (r"api/v1/auth/(token|refresh|revoke)/", Door(set(ROLES), ("POST", "OPTIONS"))),
    (r"api/v1/me/", Door(SIGNED_IN)),
    (r"api/v1/tokens/", Door(SIGNED_IN, ("GET", "HEAD", "POST"))),
    (
        r"api/v1/tokens/<slug:handle>/",
        Door({roles.VIEWER}, ("DELETE",), is_hidden=True),
    ),
    (r"api/v1/backtests/", Door(set(ROLES), writers=ANALYSTS)),
    (r"api/v1/exports/<slug:table>/", Door(ANALYSTS, ("GET",))),
    (r"api/v1/[^^]*", OPEN),
    (r"\^api/.*", Door(set(ROLES), (*READ, *WRITE))),
    (r"api/(schema|docs)/|docs/", OPEN),
    (r"ergast/f1.*", PAGE),
    (r"sitemap\.xml|robots\.txt|health(/live|/ready)?|metrics", PAGE),
    (r"(calendar|compare|data|forecasts|models|ratings|search)\W.*", PAGE),
    (r"(standings|status|track-record)\W.*", PAGE),
    (r"(races|drivers|teams|circuits)/.*|", PAGE),
]
EXAMPLES: Final[dict[str, str]] = {
    "asked": "2024/22/results.json",
    "year": "2024",
    "round": "22",
    "content_hash": f"{1:064x}",
    "name": "lightgbm",
    "version": "1",
    "number": "1",
    "uidb36": "1",
    "key": "stale",
    "signed": "stale",
    "card": "misses",
    "who": "drivers",
    "table": "results",
    "form": "csv",
    "circuits": "las-vegas",
    "drivers": "charles-leclerc",
    "teams": "ferrari",
}


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


def public_routes() -> list[str]:
    return [one for one in routes(get_resolver()) if not one.startswith("admin/")]


def door_of(route: str) -> Door | None:
    return next((door for line, door in DOORS if re.fullmatch(line, route)), None)


def address(route: str, handle: str) -> str:
    """The route with something of the cast in its places."""
    noun = next(
        (noun for noun in ("circuits", "drivers", "teams") if noun in route), ""
    )

    def fill(place: re.Match[str]) -> str:
        name = place[1].partition(":")[2] or place[1]
        return (
            handle if name == "handle" else EXAMPLES[noun if name == "slug" else name]
        )

    filled = re.sub(r"<([\w:]+)>", fill, route.strip("^$"))
    return "/" + filled.replace(r"(?:[\s\S]*/)?\Z", "nothing/")


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    settings.PAGE_CACHE_S = 300
    made = api_cast.make()
    api_cast.issue(made, made.vegas)
    return made


@pytest.fixture
def people(db: None) -> dict[str, Client]:
    clients = {}
    for name in ROLES:
        clients[name] = client = Client(raise_request_exception=False)
        if name != ANYBODY:
            user = User.objects.create_user(f"{name.replace(' ', '.')}@example.org")
            roles.give(user, roles.VIEWER if name == OTHER else name)
            client.force_login(user)
    return clients


def outcome(answer: Any) -> str:
    status = answer.status_code
    if status in (301, 302, 303) and "login" in answer["Location"]:
        return "login"
    names = {401: "login", 403: "no", 404: "nothing", 405: "method"}
    assert status < 500, answer.content[:300]
    return names.get(status, "in")


def test_every_address_has_a_door() -> None:
    assert [route for route in public_routes() if door_of(route) is None] == []


def test_no_door_lets_in_whom_it_should_not(
    cast: Cast, people: dict[str, Client]
) -> None:
    """In one test, so that parts of pages are drawn once for all roles."""
    owner = User.objects.get(email="viewer@example.org")
    wrong = []
    for route, method, role in product(public_routes(), (*READ, *WRITE), ROLES):
        door = door_of(route)
        assert door
        path = address(route, _handle(owner) if "handle" in route else "")
        answer = people[role].generic(method, path)
        faults = list(_bare(answer))
        if not _is_right(got := outcome(answer), role, method, door):
            faults.append(got)
        wrong += [f"{role}: {method} {path}: {fault}" for fault in faults]
        if "logout" in route and role != ANYBODY:
            people[role].force_login(_user(role))
    assert not wrong, "\n".join(wrong)


#: What each answer says to browsers, whoever gives it.
HEADERS: Final = {
    "Content-Security-Policy": (
        r"(?!.*unsafe)(?=.*default-src 'none')(?=.*frame-ancestors 'none').*"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": r".*camera=\(\).*",
}


def _bare(answer: Any) -> Iterator[str]:
    for name, pattern in HEADERS.items():
        if not re.fullmatch(pattern, answer.headers.get(name, "")):
            yield f"{name} is {answer.headers.get(name)!r}"


def _user(role: str) -> User:
    return User.objects.get(email=f"{role.replace(' ', '.')}@example.org")


def _handle(owner: User) -> str:
    """Of a token that is there, whatever became of those before."""
    PersonalToken.objects.all().delete()
    return tokens.issue(owner, "notebook", [], None)[0].handle


def _is_right(got: str, role: str, method: str, door: Door) -> bool:
    if method == "OPTIONS":  # tells what methods there are, no more
        return True
    if method == "POST" and door.writers is not None:
        return got == "in" if role in door.writers else got in ("login", "no")
    if method not in door.methods:
        return got in ("method", "login", "no")
    if role in door.who:
        return door.is_form or got in ("in", "nothing")
    refusals = ["login", "nothing" if door.is_hidden else "no"]
    return got in refusals or (door.is_form and got == "method")


ADMIN_MODEL = re.compile(
    r"admin/(?P<app>\w+)/(?P<model>\w+)/"
    r"(?P<page>|add/|<path:object_id>/(?:change|delete|history)?/?)"
)
#: What the admin asks for each of its own pages, and each of ours.
ADMIN_DOORS: Final[list[tuple[str, str | None]]] = [
    (r"admin/(login|logout)/", "anybody"),
    (r"admin/(password_change/(done/)?|jsi18n/|autocomplete/|r/.*)?", "staff"),
    (r"admin/\^\(\?P<app_label>.*|admin/\(\?P<url>.*", "staff"),
    (r"admin/accounts/user/<id>/password/", "accounts.change_user"),
    (r"admin/ingestion/race/<int:key>/(grid|upload)/.*", "ingestion.change_race"),
    (r"admin/ingestion/correction/<int:key>/undo/", "ingestion.change_correction"),
    (r"admin/ingestion/finding/<int:key>/decide/", "ingestion.change_race"),
    (
        r"admin/ingestion/(?P<kind>race|sprint)result/<int:key>/disqualify/",
        "ingestion.change_{kind}result",
    ),
]


def admin_routes() -> list[str]:
    return [one for one in routes(get_resolver()) if one.startswith("admin/")]


def needed(route: str) -> str | None:
    """The permission that a page of the admin takes; None where none is known."""
    for line, permission in ADMIN_DOORS:
        if (found := re.fullmatch(line, route)) and permission:
            return permission.format(**found.groupdict())
    found = ADMIN_MODEL.fullmatch(route)
    if not found:
        return None
    page = found["page"].rpartition(">/")[2].strip("/")
    action = {"add": "add", "delete": "delete"}.get(page, "view")
    return f"{found['app']}.{action}_{found['model']}"


def test_every_page_of_the_admin_has_a_door() -> None:
    assert [route for route in admin_routes() if needed(route) is None] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_admin_lets_in_its_keepers_alone(
    role: str, cast: Cast, people: dict[str, Client]
) -> None:
    person = None if role == ANYBODY else _user(role)
    wrong = []
    for route in admin_routes():
        if route.endswith(("/login/", "/logout/")):
            continue
        permission = str(needed(route))
        may = person is not None and (
            person.is_staff if permission == "staff" else person.has_perm(permission)
        )
        for method in ("GET",) if may else ("GET", "POST"):
            answer = people[role].generic(method, _admin_address(route))
            got = outcome(answer)
            if role not in EDITORS:
                fits = got == "login"
            else:
                fits = may or got != "in" or _leads_away(answer)
            if not fits:
                wrong.append(f"{method} {route} ({permission}): {got}")
    assert not wrong, "\n".join(wrong)


def _admin_address(route: str) -> str:
    return "/" + re.sub(r"\^?\(\?P<.*", "ingestion/", re.sub(r"<[\w:]+>", "1", route))


def _leads_away(answer: Any) -> bool:
    """To the beginning, as nothing has that number, or on to where it is refused."""
    where = str(answer.headers.get("Location", ""))
    return where == "/admin/" or where.endswith("/change/")
