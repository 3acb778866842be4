"""Secrets and addresses as the environment gives them; no Django here.

A secret may stand in a file, as containers hand them over: NAME_FILE names it. An
address of a server may leave the password out, which then is a secret of its own.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

Environment = Mapping[str, str]

#: Address → the secret that may complete it.
PASSWORDS = {"DATABASE_URL": "POSTGRES_PASSWORD", "REDIS_URL": "REDIS_PASSWORD"}


class Unreadable(Exception):
    """A file of settings, or one that NAME_FILE points to, that cannot be read."""


def secret(name: str, environment: Environment) -> str:
    """A secret from the environment, or from the file that NAME_FILE points to."""
    path = environment.get(f"{name}_FILE", "").strip()
    if not path:
        return environment.get(name, "").strip()
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it holds no text"
        raise Unreadable(f"{name}_FILE is {path!r}; {why}") from None


def server(name: str, environment: Environment) -> str:
    """The address of a server, with its password where that stands apart."""
    url = secret(name, environment)
    try:
        parts = urlsplit(url)
        host, known = parts.hostname, parts.password
    except ValueError:
        return url
    # A socket has no host; who may open it is a matter of its folder.
    if not host or known or parts.scheme == "unix":
        return url
    password = secret(PASSWORDS[name], environment)
    if not password:
        return url
    user, _, place = parts.netloc.rpartition("@")
    login = f"{user.removesuffix(':')}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{place}"))


def read(text: str) -> dict[str, str]:
    """The values of a file of NAME=VALUE lines, as a shell would take them."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            name = name.removeprefix("export ").strip()
            try:
                values[name] = " ".join(shlex.split(value))
            except ValueError:
                why = "a quote, or a backslash at the end, is left open"
                raise Unreadable(f"line {number}, {name}: {why}") from None
    return values
