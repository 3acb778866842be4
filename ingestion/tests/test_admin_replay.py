"""Imports from the live source, replayed by an editor."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from f1site.base.models import JobRun, Message
from ingestion.models import RaceResult, SourceFetch
from ingestion.services import import_live
from ingestion.tasks import replay_live_task
from ingestion.tests.live_server import LiveServer

SEASON = 2023


@pytest.mark.parametrize(
    "asked", [{}, {"round": 1}, {"round": 1, "kinds": ["qualifying", "results"]}]
)
def test_an_import_is_replayed_from_the_admin(
    asked: dict[str, Any],
    server: LiveServer,
    admin_client: Client,
    record_hash: Callable[[], str],
) -> None:
    import_live(season=SEASON)
    first = imported(**asked)
    before, n_asked = record_hash(), len(server.asked)
    RaceResult.objects.filter(race__round=1).update(points=1)

    said = replay(admin_client, first)
    assert "the source is not asked" in said and str(first.location) in said
    message = Message.objects.get(task="ingestion.tasks.replay_live_task")
    replay_live_task(*message.args)

    assert (record_hash(), len(server.asked)) == (before, n_asked)
    again = SourceFetch.objects.order_by("pk").last()
    assert again is not None and again.pk > first.pk
    assert (again.location, again.outcome) == (first.location, "done")
    run = JobRun.objects.get()
    assert (run.name, run.outcome) == (f"replay of import {first.pk}", "done")
    assert run.name in admin_client.get(link_in(said)).content.decode()


def test_only_imports_with_kept_answers_are_replayed(
    server: LiveServer, admin_client: Client
) -> None:
    fetch = SourceFetch.objects.create(source="archive", location="f1db-csv.zip")

    assert "Nothing is replayed" in replay(admin_client, fetch)
    assert not Message.objects.exists()


def test_who_only_looks_replays_nothing(server: LiveServer, client: Client) -> None:
    fetch = imported()
    person = get_user_model().objects.create_user("looks@example.org", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_sourcefetch"))
    client.force_login(person)

    assert "the source is not asked" not in replay(client, fetch)
    assert not Message.objects.exists()


def imported(**asked: Any) -> SourceFetch:
    fetch = import_live(season=SEASON, **asked).fetch
    assert fetch
    return fetch


def replay(client: Client, fetch: SourceFetch) -> str:
    action = {"action": "replay", "_selected_action": [fetch.pk]}
    url = reverse("admin:ingestion_sourcefetch_changelist")
    return client.post(url, action, follow=True).content.decode()


def link_in(page: str) -> str:
    found = re.search(r'href="([^"]+)">the job ledger', page)
    assert found
    return found[1]
