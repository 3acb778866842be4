"""Errors of the API and what may be cached."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from f1site.testing.lasting import lasting
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

V1 = "/api/v1/"


made = lasting(api_cast.make)


@pytest.fixture
def cast(made: Callable[[], Cast], db: None) -> Cast:
    return made()


def problem(response: Any) -> tuple[int, str]:
    """Status and code, once the body has its one shape."""
    body = response.json()
    assert set(body) == {"detail", "code"}
    assert isinstance(body["detail"], str) and body["detail"]
    assert response["Cache-Control"] == "no-store"
    return response.status_code, body["code"]


@pytest.mark.parametrize(
    "path",
    [
        "drivers/nobody/",
        "teams/nobody/",
        "circuits/nowhere/",
        "seasons/1949/",
        "races/2024/23/",
        "races/2024/nowhere/",
        "races/2024/0/",
        "races/99999/1/",
        "races/2024/23/results/",
        "predictions/2024/23/",
        "forecasts/0000/",
        "models/lightgbm/2/",
        "models/lightgbm/99999999999999999999/",
        "no/such/address/",
        "drivers/?page=2",
        "drivers/?page=x",
        "drivers/?format=xml",
    ],
)
def test_what_is_not_there(path: str, cast: Cast, client: Client) -> None:
    assert problem(client.get(V1 + path)) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "results/?season=abc",
        "results/?season=1066",
        "results/?season=1e400",
        "results/?season=99999999999999999999",
        "results/?position=-1",
        "results/?status=asleep",
        "results/?driver=a%00b",
        "results/?search=%00",
        "ratings/duels/?driver=a%00",
        "ratings/chain/?from=a%00&to=b",
        "results/?ordering=password",
        "races/?from_date=soon",
        "races/2024/22/qualifying/?kind=FP1",
        "calendar/?season=x",
        "ratings/?as_of=yesterday",
        "ratings/?of=mechanic",
        "drivers/?page_size=many",
        "drivers/?page_size=0",
        "drivers/?page_size=-3",
        "predictions/next-race/?stage=sunday",
        "predictions/2024/22/?version=two",
    ],
)
def test_values_that_do_not_fit(path: str, cast: Cast, client: Client) -> None:
    assert problem(client.get(V1 + path)) == (400, "invalid")


def test_the_sentence_names_the_parameter(cast: Cast, client: Client) -> None:
    body = client.get(V1 + "results/?season=abc").json()

    assert body["detail"] == "season: Enter a whole number."


@pytest.mark.parametrize("path", ["/api/", "/api/v2/", "/api/v1/x/%0A/"])
def test_nothing_stands_elsewhere(path: str, cast: Cast, client: Client) -> None:
    for ask in (client.get, client.post, client.delete):
        assert problem(ask(path)) == (404, "not_found")


def test_a_fault_of_ours_is_told_in_the_same_shape(cast: Cast) -> None:
    client = Client(raise_request_exception=False)
    broken = patch(
        "predictions.api.views.base.races_of", side_effect=ZeroDivisionError("secret")
    )
    with broken:
        response = client.get(V1 + "races/2024/22/results/?format=csv")
    assert problem(response) == (500, "error")
    assert b"secret" not in response.content


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["", "drivers/", "races/2024/22/"])
def test_other_methods(method: str, path: str, cast: Cast, client: Client) -> None:
    answer = getattr(client, method)(V1 + path)

    assert problem(answer) == (405, "method_not_allowed")


def test_a_missing_slash_is_forgiven(cast: Cast, client: Client) -> None:
    assert client.get(V1 + "drivers?code=HAM")["Location"] == V1 + "drivers/?code=HAM"


def test_a_lost_database_is_told(cast: Cast, client: Client) -> None:
    lost = OperationalError("password=secret")
    with patch("predictions.api.views.base.races_of", side_effect=lost):
        response = client.get(V1 + "races/2024/22/results/")

    assert problem(response) == (503, "unavailable")
    assert response["Retry-After"] == "5"
    assert b"secret" not in response.content


def test_an_unchanged_answer_is_not_sent_again(cast: Cast, client: Client) -> None:
    first = client.get(V1 + "drivers/")
    again = client.get(V1 + "drivers/", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_answers_are_shared_for_a_minute(cast: Cast, client: Client) -> None:
    response = client.get(V1 + "drivers/")

    assert response["Cache-Control"] == "public, max-age=60"
    assert "Accept" in response["Vary"] and "Cookie" in response["Vary"]


def test_what_a_person_sees_is_not_shared(cast: Cast, client: Client) -> None:
    client.force_login(User.objects.create_user("viewer@example.org"))

    signed_in = client.get(V1 + "drivers/")
    browsed = Client().get(V1 + "drivers/", headers={"Accept": "text/html"})

    for response in (signed_in, browsed):
        assert set(response["Cache-Control"].split(", ")) == {"private", "no-cache"}


def test_browsers_get_a_page(cast: Cast, client: Client) -> None:
    page = client.get(V1 + "drivers/", headers={"Accept": "text/html"})

    assert page["Content-Type"].startswith("text/html")
    assert "george-russell" in page.content.decode()


def test_head_and_options_are_answered(cast: Cast, client: Client) -> None:
    assert client.head(V1 + "drivers/").status_code == 200
    for form in ("json", "csv"):
        told = client.options(f"{V1}drivers/?format={form}")
        assert told["Allow"] == "GET, HEAD, OPTIONS"
        assert told.json()["name"] == "Drivers"
