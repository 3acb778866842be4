"""How every background task of the site is run: limits, retries, queue, outbox."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from celery import Task, shared_task
from celery.exceptions import Ignore
from django.db import InterfaceError, OperationalError

from f1site.base import outbox

#: What is done in seconds, and what takes minutes and must not hold it up.
DEFAULT, LONG = "default", "long"
QUEUES = (DEFAULT, LONG)
#: The database or the network is away: it may be back in a moment.
PASSING: tuple[type[Exception], ...] = (
    OperationalError,
    InterfaceError,
    ConnectionError,
    TimeoutError,
)
#: Seconds: of one try; until it is killed where it does not stop by itself; between two
#: tries at first (doubled each time, with jitter) and at most.
LIMIT_S, GRACE_S, WAIT_S, LONGEST_WAIT_S = 900, 30, 5, 600
TRIES_AGAIN = 5


def route(
    name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **more: Any
) -> dict[str, str]:
    """The queue of a task, for Celery."""
    return {"queue": getattr(task, "lane", DEFAULT)}


class SiteTask(Task):  # type: ignore[type-arg]
    """A task that settles the message of the outbox that sent for it, if one did."""

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        with suppress(*PASSING):  # the task will meet it, and be tried again
            if outbox.is_settled(task_id):
                raise Ignore

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        with suppress(*PASSING):
            outbox.settle(task_id)

    def on_failure(
        self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        with suppress(*PASSING):
            outbox.settle(task_id, f"{type(exc).__name__}: {exc}")


def task(
    *,
    on: tuple[type[Exception], ...] = (),
    queue: str = DEFAULT,
    limit_s: int = LIMIT_S,
    wait_s: int = WAIT_S,
    tries_again: int = TRIES_AGAIN,
    **more: Any,
) -> Callable[[Callable[..., Any]], Any]:
    """A background task; ``on`` are the failures that pass, beside those of servers."""
    return shared_task(
        base=SiteTask,
        lane=queue,
        autoretry_for=(*PASSING, *on),
        retry_backoff=wait_s,
        retry_backoff_max=LONGEST_WAIT_S,
        retry_jitter=True,
        max_retries=tries_again,
        soft_time_limit=limit_s,
        time_limit=limit_s + GRACE_S,
        **more,
    )
