"""Flower beside the site: a look into the workers, behind a password."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from f1site.entrance.address import Address
from f1site.entrance.places import var_folder
from f1site.entrance.say import Trouble, say

HOST, PORT, USER = "127.0.0.1", "5555", "f1"


def address() -> Address | None:
    """Where it listens; None where it is turned off, or the port is another's."""
    text = os.environ.get("FLOWER_PORT") or PORT
    if not text.isdigit() or int(text) > 65535:
        raise Trouble(f"FLOWER_PORT is {text!r}; it must be a number, 0 for no Flower.")
    if text == "0":
        return None
    password()
    place = Address(HOST, int(text))
    try:
        place.try_to_bind()
    except OSError as error:
        say(
            f"Port {text} cannot be used ({error.strerror}): the site starts without"
            " Flower. FLOWER_PORT names another port."
        )
        return None
    return place


def environment(place: Address) -> dict[str, str]:
    """Its options. On a command line the password could be read by everybody."""
    return {
        "FLOWER_ADDRESS": place.host,
        "FLOWER_PORT": str(place.port),
        "FLOWER_BASIC_AUTH": f"{USER}:{password()}",
        "FLOWER_MAX_TASKS": "2000",
        "FLOWER_PURGE_OFFLINE_WORKERS": "60",
    }


def password() -> str:
    """From the environment, or drawn once for this checkout."""
    given = os.environ.get("FLOWER_PASSWORD", "").strip()
    if "," in given:
        raise Trouble("FLOWER_PASSWORD holds a comma, which Flower takes for its end.")
    return given or _drawn(password_file())


def password_file() -> Path:
    return var_folder() / "flower_password"


def welcome(place: Address) -> str:
    is_given = os.environ.get("FLOWER_PASSWORD", "").strip()
    where = "FLOWER_PASSWORD" if is_given else _short(password_file())
    return f"Flower  {place.url} ({USER}; the password: {where})"


def _drawn(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text().strip()


def _short(path: Path) -> str:
    with suppress(ValueError):
        return os.fspath(path.relative_to(Path.cwd()))
    return os.fspath(path)
