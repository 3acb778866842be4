"""The ledger of jobs and the outbox: nothing is lost, nothing is done twice."""

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import redis
import time_machine
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.conf import settings as site
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from f1site import schedule
from f1site.base import clock, jobs, outbox, signs
from f1site.base.models import SILENT, JobRun, Message
from f1site.base.tasks import sweep_task, tidy_task
from f1site.base.work import QUEUES
from f1site.beat import Scheduler
from f1site.celery import hold
from f1site.tests.test_base import run_apart
from predictions import tasks
from ratings.tasks import replay_ratings_task

PATIENCE_S = 30
LONG_AGO = SILENT * 2
OURS = ("f1site.", "ingestion.", "ratings.", "predictions.")
AWAY = "redis://127.0.0.1:9/0"


# --- the ledger ---------------------------------------------------------------------
def outcomes() -> list[str]:
    return list(JobRun.objects.order_by("pk").values_list("outcome", flat=True))


@pytest.mark.django_db
def test_a_silent_run_whose_process_is_gone_is_lost_and_told_so(
    client: Client, admin_client: Client
) -> None:
    schedule.install()
    silent = timezone.now() - LONG_AGO
    JobRun.objects.create(name="weather", heartbeat_at=silent, started_at=silent)
    assert "lost" in client.get("/data/").content.decode()
    listed = admin_client.get("/admin/base/jobrun/").content.decode()
    assert "lost: its process is gone" in listed
    assert sweep_task() == "{'lost': 1}"
    assert outcomes() == ["lost", "done"]


@pytest.mark.django_db
def test_a_run_is_not_lost_while_its_process_lives_or_it_was_heard_of() -> None:
    with jobs.recorded("sheep"):
        JobRun.objects.update(heartbeat_at=Now() - LONG_AGO)
        assert jobs.tell_lost() == 0
    JobRun.objects.update(outcome="running", heartbeat_at=Now())
    assert jobs.tell_lost() == 0
    JobRun.objects.update(heartbeat_at=Now() - LONG_AGO)
    assert jobs.tell_lost() == 1


@pytest.mark.django_db
def test_a_run_that_is_stopped_is_lost_not_failed() -> None:
    with pytest.raises(SystemExit), jobs.recorded("sheep"):
        raise SystemExit  # as in a worker that is asked to stop
    assert outcomes() == ["lost"]
    assert "is done again" in JobRun.objects.get().error


@pytest.mark.django_db
def test_a_message_that_comes_again_tells_that_its_first_run_was_lost() -> None:
    task_id = str(uuid.uuid4())
    JobRun.objects.create(name="rate", task_id=task_id, heartbeat_at=timezone.now())
    replay_ratings_task.apply(task_id=task_id)
    assert outcomes() == ["lost", "done"]
    assert set(JobRun.objects.values_list("task_id", flat=True)) == {task_id}


@pytest.mark.django_db(transaction=True)
def test_a_run_shows_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BEAT", timedelta(milliseconds=20))
    with jobs.recorded("sheep") as run:
        begun = JobRun.objects.get().heartbeat_at
        deadline = time.monotonic() + PATIENCE_S
        while JobRun.objects.get().heartbeat_at == begun:
            assert time.monotonic() < deadline
    assert run.heartbeat_at == begun  # the row is touched, not the one in hand


@pytest.mark.django_db
def test_old_rows_go_but_for_the_last_of_each_job_of_the_schedule() -> None:
    old = clock.now() - jobs.KEPT * 2
    for days in (0, 1):
        slot = old + timedelta(days=days)
        JobRun.objects.create(name="tidy", slot=slot, started_at=slot, outcome="done")
        JobRun.objects.create(name="live 2024", started_at=slot, outcome="failed")
    ended = {"task": "a.b", "settled_at": timezone.now() - outbox.KEPT * 2}
    Message.objects.create(**ended)
    Message.objects.create(task="a.b")
    tidy_task()
    assert JobRun.objects.filter(name="tidy").count() == 2  # that one, and this run
    assert JobRun.objects.latest("slot").counts == {"runs": 3, "messages": 1}
    assert Message.objects.count() == 1


@pytest.mark.django_db
def test_what_no_worker_began_is_made_up_for() -> None:
    assert tasks.catch_up() == []  # a new site has missed nothing
    for name, nights_ago in (("archive", 3), ("seals", 2), ("weather", 0)):
        slot = jobs.night() - timedelta(days=nights_ago)
        JobRun.objects.create(name=name, slot=slot)
    JobRun.objects.create(name="tidy", slot=jobs.night(), outcome="lost")
    assert tasks.catch_up() == []  # nor has one without a schedule
    schedule.install()
    PeriodicTask.objects.filter(task=tasks.NIGHTLY["seals"].name).update(enabled=False)
    at = jobs.night() + timedelta(hours=2, minutes=30)
    with time_machine.travel(at, tick=False):
        assert tasks.catch_up() == ["archive"]  # a quarter to four is not over an hour
        assert tasks.catch_up() == []  # it was sent for
    with time_machine.travel(at + timedelta(hours=1), tick=False):
        assert tasks.catch_up() == ["tidy"]
    assert Message.objects.count() == 2


@pytest.mark.django_db
def test_the_data_page_tells_of_every_job(client: Client) -> None:
    assert "No job is scheduled" in client.get("/data/").content.decode()
    schedule.install()
    with jobs.scheduled("archive", jobs.night()) as run:
        assert run is not None
        run.counts = {"results": {"added": 20, "changed": 0}, "notes": ["late"]}
    text = client.get("/data/").content.decode()
    assert "1 note, 20 results added<" in text
    for name in schedule.ENTRIES:
        assert name in text


# --- every task ---------------------------------------------------------------------
def test_every_task_has_limits_tries_and_a_queue_that_is_read() -> None:
    current_app.loader.import_default_modules()
    tasks: dict[str, Any] = current_app.tasks
    ours = [task for name, task in tasks.items() if name.startswith(OURS)]
    assert len(ours) > len(schedule.ENTRIES)
    read = {queue.name for queue in site.CELERY_TASK_QUEUES}
    assert read == set(QUEUES)
    for task in ours:
        routed = current_app.amqp.router.route({}, task.name, (), {}, task)
        assert routed["queue"].name == task.lane in read
        assert 0 < task.soft_time_limit < task.time_limit <= 3700
        assert task.autoretry_for and task.retry_backoff
        assert task.acks_late and task.reject_on_worker_lost


@pytest.fixture
def queue() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(site.REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


def test_a_worker_renews_what_it_holds(queue: Any) -> None:
    """Or what takes longer than the patience of Redis would go to a second worker."""
    replay_ratings_task.apply_async()
    with current_app.connection_for_read() as broker:
        channel: Any = broker.channel()
        consumer = current_app.amqp.TaskConsumer(channel, on_message=lambda _: None)
        with consumer:
            broker.drain_events(timeout=PATIENCE_S)
            (tag,) = queue.zrange("unacked_index", 0, -1)
            queue.zadd("unacked_index", {tag: 0})
            hold(SimpleNamespace(task_consumer=consumer))
            assert time.time() - queue.zscore("unacked_index", tag) < PATIENCE_S
            channel.qos._delivered.clear()
            queue.zadd("unacked_index", {tag: 0})
            hold(SimpleNamespace(task_consumer=consumer))
            assert queue.zscore("unacked_index", tag) == 0


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_shows_signs_of_life(queue: Any) -> None:
    assert signs.age_s(signs.BEAT) is None

    def ticks() -> None:  # it does as it likes with its connection
        Scheduler(app=current_app, lazy=True).tick()
        connection.close()

    run_apart(ticks)
    age = signs.age_s(signs.BEAT)
    assert age is not None
    assert age < PATIENCE_S


# --- the outbox ---------------------------------------------------------------------
def message() -> Message:
    return Message.objects.get()


@pytest.mark.django_db(transaction=True)
def test_a_message_stands_or_falls_with_its_transaction(queue: Any) -> None:
    with transaction.atomic():
        outbox.send(replay_ratings_task)
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    with transaction.atomic():
        sent = outbox.send(replay_ratings_task)
        assert queue.llen("default") == 0
    assert queue.llen("default") == 1
    assert (message().pk, message().n_sent) == (sent.pk, 1)


@pytest.mark.django_db(transaction=True)
def test_what_the_queue_did_not_take_is_done_once_it_is_back_and_once(
    queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_task()
    with monkeypatch.context() as down:
        down.setattr(current_app.conf, "broker_url", AWAY)
        outbox.send(replay_ratings_task)
        assert message().n_sent == 0
        Message.objects.update(written_at=Now() - outbox.YOUNG)
        assert sweep_task() == ""
    assert sweep_task() == "{'sent': 1}"
    assert sweep_task() == ""
    # It comes twice, as after a sweep that was killed before it noted that it sent.
    outbox.publish([message()])
    assert queue.llen("default") == 2
    current_app.loader.import_default_modules()
    with start_worker(current_app, pool="solo", perform_ping_check=False):
        deadline = time.monotonic() + PATIENCE_S
        while message().settled_at is None or queue.llen("default"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert JobRun.objects.filter(name="rate").count() == 1
    assert message().error == ""


@pytest.mark.django_db(transaction=True)
def test_what_a_queue_forgot_is_sent_again(queue: Any) -> None:
    sweep_task()
    outbox.send(replay_ratings_task)
    Message.objects.update(sent_at=Now() - outbox.YOUNG)
    assert sweep_task() == ""
    queue.flushdb()  # Redis was killed, and keeps nothing
    assert sweep_task() == "{'sent': 1}"
    assert queue.llen("default") == 1
    Message.objects.update(sent_at=Now() - outbox.FORGOTTEN)
    assert sweep_task() == "{'sent': 1}"
    Message.objects.update(n_sent=outbox.MOST_SENT, sent_at=Now() - outbox.FORGOTTEN)
    assert sweep_task() == ""
    assert message().error.startswith("sent in vain too often")
    assert message().settled_at is None  # whoever comes back does it


@pytest.mark.django_db
def test_a_task_that_fails_for_good_settles_its_message() -> None:
    waiting = Message.objects.create(task=tasks.refresh_race_task.name)
    tasks.refresh_race_task.apply(args=[1900, 1], task_id=str(waiting.pk))
    assert message().settled_at
    assert "DoesNotExist" in message().error
