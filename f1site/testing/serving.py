"""A site of its own for a run: database, gunicorn as ./run serves, a worker."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

SITE = "f1site.wsgi:application"
PATIENCE_S = 120
#: So much of a server's last words is told where something fails, characters.
TOLD = 4000
#: More than anybody asks for in a run.
NO_LIMITS = {
    "RATE_LIMIT_PER_MINUTE": "100000000",
    "RATE_LIMIT_BURST": "100000000",
    "LOGIN_LIMIT_PER_MINUTE": "100000000",
    "EXPENSIVE_LIMIT_PER_MINUTE": "100000000",
}


@contextmanager
def scratch_database() -> Iterator[None]:
    """A migrated database of its own on the server that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")
    import django

    django.setup()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


@contextmanager
def own_redis(database: int = 9) -> Iterator[None]:
    """A database of Redis of its own, empty: queue and cache away from the site's."""
    import redis

    url = os.environ["REDIS_URL"]
    if url.startswith("unix:"):
        url = f"{url.partition('?')[0]}?db={database}"
    else:
        url = urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
    os.environ["REDIS_URL"] = url
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    yield


@contextmanager
def serving(app: str, var: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The address of a gunicorn of its own, with the workers of the site.

    Its words go to a file, as a site's do.
    """
    figures = var / "figures"
    figures.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*free.getsockname())
    command = [sys.executable, "-m", "gunicorn", app, "-c", "deploy/gunicorn.py"]
    words = var / "web.log"
    with words.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own server
            [*command, "--bind", address],
            env={**environment, "PROMETHEUS_MULTIPROC_DIR": str(figures)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(address)
        yield f"http://{address}"
    except BaseException:
        sys.stderr.write(words.read_text(errors="replace")[-TOLD:])
        raise
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def on_scratch() -> dict[str, str]:
    """Our environment, on the scratch database."""
    from django.db import connection

    parts = urlsplit(os.environ["DATABASE_URL"])
    path = f"/{connection.settings_dict['NAME']}"
    return os.environ | {"DATABASE_URL": urlunsplit(parts._replace(path=path))}


@contextmanager
def celery_worker(*options: str) -> Iterator[int]:
    """The process of a worker of its own, on the scratch database, once it answers."""
    from predictions.spread import workers_answer

    program = str(Path(sys.executable).with_name("celery"))
    command = [program, "-A", "f1site", "worker", "--loglevel", "ERROR", *options]
    process = subprocess.Popen(  # noqa: S603 - our own worker
        command, env=on_scratch(), start_new_session=True
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not workers_answer():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the worker does not answer")
            time.sleep(0.1)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310
        return bytes(answer.read())


def session_of(role: str) -> str:
    """The key of a session of somebody with that role and no password."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts import roles
    from accounts.models import User

    reader = User.objects.create_user(f"{role}@example.org")
    roles.give(reader, role)
    session = SessionStore()
    session[SESSION_KEY] = str(reader.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = reader.get_session_auth_hash()
    session.create()
    return str(session.session_key)
