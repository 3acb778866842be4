"""The outbox: tasks that follow from what a page wrote, sent once that is certain.

A message is a row of the same transaction. It goes to the queue when that commits; if
the queue is away, or forgets, a sweep sends it later. So each is sent at least once.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import redis
from celery import current_app
from celery.exceptions import CeleryError
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from kombu.exceptions import KombuError

from f1site.base.models import Message

log = logging.getLogger(__name__)

#: Who waits for a page waits for no broker: one that is silent is not asked again.
AT_ONCE = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2, "max_retries": 0}
#: How a broker says that it is away.
AWAY = (KombuError, CeleryError, OSError)
#: A message that young may be on its way yet; one that was sent so long ago, without
#: that its task ended, was forgotten by the queue.
YOUNG, FORGOTTEN = timedelta(seconds=10), timedelta(hours=1)
MOST_SENT = 10
#: In Redis for as long as that keeps what it was sent.
MARK = "outbox-was-here"
AT_A_TIME = 500
#: How long messages that are settled are kept.
KEPT = timedelta(days=7)


def send(task: Any, *args: Any) -> Message:
    """Have a task done once the transaction is certain."""
    return send_all(task, [args])[0]


def send_all(task: Any, calls: Iterable[tuple[Any, ...]]) -> list[Message]:
    """Have a task done once for each call; to the queue they go together."""
    messages = Message.objects.bulk_create(
        Message(task=task.name, queue=task.lane, args=list(args)) for args in calls
    )
    transaction.on_commit(partial(publish, messages))
    return messages


def broker() -> Any:
    """A connection to the queue that fails at once where that is away."""
    return current_app.connection_for_write(transport_options=AT_ONCE)


def publish(messages: Iterable[Message]) -> int:
    """Hand messages to the queue, at once or not at all; how many it took."""
    n = 0
    try:
        with broker() as connection:
            for message in messages:
                _publish(message, connection)
                n += 1
    except AWAY as error:
        log.warning("the job queue does not answer; a sweep sends later: %s", error)
    return n


def _publish(message: Message, connection: Any) -> None:
    current_app.send_task(
        message.task,
        message.args,
        task_id=str(message.pk),
        queue=message.queue,
        connection=connection,
        retry=False,
    )
    message.n_sent += 1
    rows = Message.objects.filter(pk=message.pk)
    rows.update(sent_at=Now(), n_sent=F("n_sent") + 1)


def due(forgotten: timedelta = FORGOTTEN) -> QuerySet[Message]:
    """What the queue has not taken, or has forgotten."""
    never = Q(sent_at=None, written_at__lt=Now() - YOUNG)
    long_ago = Q(sent_at__lt=Now() - forgotten)
    return Message.objects.filter(never | long_ago, settled_at=None)


def sweep() -> int:
    """Send what is due; two that sweep at once share it."""
    is_new = _queue_is_new()
    in_vain = due().filter(n_sent__gte=MOST_SENT, error="")
    in_vain.update(error="sent in vain too often; it is done once a worker takes it")
    with transaction.atomic():
        rows = due(YOUNG if is_new else FORGOTTEN)
        rows = rows.filter(n_sent__lt=MOST_SENT).order_by("written_at")
        messages = list(rows.select_for_update(skip_locked=True)[:AT_A_TIME])
        n = publish(messages) if messages else 0
    if is_new and n == len(messages) < AT_A_TIME:
        _mark_queue()
    return n


def _queue_is_new() -> bool:
    """Whether Redis was started anew, and forgot all it had."""
    try:
        with queue_server() as client:
            return not client.exists(MARK)
    except redis.RedisError:
        return False


def _mark_queue() -> None:
    """All that it may have forgotten was sent again."""
    with suppress(redis.RedisError), queue_server() as client:
        client.set(MARK, 1)


def queue_server() -> redis.Redis:
    """The Redis of the queue, beside its messages; it gets little time to answer."""
    away = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
    return redis.Redis.from_url(settings.REDIS_URL, **away)


def is_settled(task_id: str) -> bool:
    """Whether the task of a message has ended: one that comes twice is done once."""
    ended = Message.objects.filter(pk=UUID(task_id), settled_at__isnull=False)
    return ended.exists()


def settle(task_id: str, error: str = "") -> None:
    Message.objects.filter(pk=UUID(task_id)).update(settled_at=Now(), error=error)


def forget() -> int:
    """Let go of what was settled long ago, or was sent in vain."""
    settled, in_vain = Q(settled_at__lt=Now() - KEPT), Q(n_sent__gte=MOST_SENT)
    in_vain &= Q(sent_at__lt=Now() - KEPT)
    n, _ = Message.objects.filter(settled | in_vain).delete()
    return n
