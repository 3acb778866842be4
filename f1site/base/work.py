"""How every background task of the site is run: limits, retries, queue, outbox."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from celery import Task, shared_task
from celery.exceptions import Ignore, TimeLimitExceeded
from celery.signals import task_postrun
from django.db import InterfaceError, OperationalError

from f1site.base import deaths, jobs, outbox

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


class NoMemoryError(Exception):
    """A task asked for more memory than there is."""


class SiteTask(Task):  # type: ignore[type-arg]
    """A task that settles the message of the outbox that sent for it, if one did.

    One that kills its process each time is given up, and one that runs into its limit.
    """

    Request = "f1site.base.requests:SiteRequest"

    #: What else is to be told, with the arguments of a task, where it is given up.
    given_up: Callable[..., None] | None = None

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        with suppress(*PASSING):  # the task will meet it, and be tried again
            if outbox.is_settled(task_id):
                raise Ignore
        deaths.begin(task_id)

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        with suppress(*PASSING):
            outbox.settle(task_id)

    def on_failure(
        self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        if isinstance(exc, TimeLimitExceeded):
            # Told in the process that minds the others, which asks no database: the
            # message went back, with a note, and who gets it tells the rest.
            return
        with suppress(*PASSING):
            if isinstance(exc, deaths.GivenUpError):
                jobs.give_up(task_id, str(exc))
                if self.given_up is not None:
                    self.given_up(*args, error=str(exc))
            outbox.settle(task_id, f"{type(exc).__name__}: {exc}")


@task_postrun.connect
def _ended(sender: Any, task_id: str, **signal: Any) -> None:
    """However a try ends, but for the death of its process."""
    if isinstance(sender, SiteTask):
        deaths.end(task_id)


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
    made: Any = shared_task(
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
    return lambda function: made(_outliving(function))


def _outliving(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have it fail where it finds no memory; Celery would end the whole worker."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except MemoryError as error:
            raise NoMemoryError(f"{type(error).__name__}: {error}") from None

    return run
