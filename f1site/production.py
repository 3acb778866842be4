"""What is weak about the environment of a production site; no Django here.

Pure functions over the names and values of an environment: the settings refuse to
start on some of what is found here, ``manage.py check --deploy`` warns of all of it,
and ``manage.py validate_production_config`` lists it, also where nothing starts.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, LiteralString
from urllib.parse import urlsplit

import psycopg

from f1site.base.postgres.budget import budget
from f1site.environment import Environment, Unreadable, secret, server

SECRET_KEY_LEAST = 50  # characters
JWT_LEAST = 64
METRICS_LEAST = 32
PASSWORD_LEAST = 16
#: Bits that a guess of the randomness must reach; 16 random hex digits have 64.
KEY_BITS, PASSWORD_BITS = 128, 42
PASSWORDS = (
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "GRAFANA_ADMIN_PASSWORD",
    "FLOWER_PASSWORD",
)
#: Words that nobody draws by chance.
PLACEHOLDERS = (
    "change",
    "password",
    "secret",
    "default",
    "example",
    "insecure",
    "development",
    "placeholder",
)
NEAR = ("localhost", "127.", "0.0.0.0", "[::1]", "::1")  # noqa: S104 - looked for
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
HOLDS: LiteralString = """
SELECT current_setting('max_connections')::int
     - current_setting('superuser_reserved_connections')::int
     - coalesce(current_setting('reserved_connections', true), '0')::int
"""
DRAW = "Let scripts/generate_secrets.sh draw one."


@dataclass(frozen=True)
class Weakness:
    """What is wrong, and what to do; ``stops`` is what the settings refuse."""

    id: str
    name: str
    message: str
    hint: str
    stops: bool = False


def weaknesses(environment: Environment) -> list[Weakness]:
    """All of them at once, in the order of the identifiers."""
    found: list[Weakness] = []
    for look in LOOKS:
        try:
            found += look(environment)
        except Unreadable as error:
            name = str(error).partition("_FILE")[0]
            hint = "Name a file that the account of the site can read."
            found.append(Weakness("f1site.E001", name, str(error), hint, stops=True))
    return sorted(dict.fromkeys(found), key=lambda one: (one.id, one.name))


def refused(environment: Environment) -> str:
    """What a production site does not start with, a line each; else nothing."""
    lines = [one.message for one in weaknesses(environment) if one.stops]
    if len(lines) > 1:
        lines.append("manage.py validate_production_config lists them with hints")
    return "\n".join(lines)


def kind(environment: Environment) -> Iterator[Weakness]:
    if environment.get("ENVIRONMENT", "").strip() != "production":
        message = "ENVIRONMENT is not production: cookies and pages are less guarded"
        hint = "Set ENVIRONMENT=production."
        yield Weakness("f1site.W002", "ENVIRONMENT", message, hint)


# --- secrets ------------------------------------------------------------------
def keys(environment: Environment) -> Iterator[Weakness]:
    yield from _key("010", "SECRET_KEY", SECRET_KEY_LEAST, environment)
    yield from _key("011", "JWT_SECRET_KEY", JWT_LEAST, environment)
    key = secret("SECRET_KEY", environment)
    if key and key == secret("JWT_SECRET_KEY", environment):
        yield Weakness(
            "f1site.W012",
            "JWT_SECRET_KEY",
            "JWT_SECRET_KEY is the SECRET_KEY once more",
            DRAW,
        )


def _key(
    number: str, name: str, least: int, environment: Environment
) -> Iterator[Weakness]:
    value = secret(name, environment)
    if len(value) < least:
        state = "is too short" if value else "is not set"
        message = f"{name} {state}; production needs {least} random characters"
        yield Weakness(f"f1site.E{number}", name, message, DRAW, stops=True)
    elif not is_random(value, KEY_BITS):
        message = f"{name} can be guessed: it is no random text"
        yield Weakness(f"f1site.W{number}", name, message, DRAW)


def passwords(environment: Environment) -> Iterator[Weakness]:
    """Those that stand alone, and those within addresses."""
    for name in PASSWORDS:
        if value := secret(name, environment):
            yield from _password(name, value)
    for name in ("DATABASE_URL", "REDIS_URL"):
        yield from _of_server(name, server(name, environment))


def _of_server(name: str, url: str) -> Iterator[Weakness]:
    if not url:
        message = f"{name} is not set; production has servers of its own"
        hint = "Write the address of your server."
        yield Weakness("f1site.E020", name, message, hint, stops=True)
        return
    try:
        parts = urlsplit(url)
        host, password = parts.hostname, parts.password
    except ValueError:
        return  # the settings say so
    if not host or parts.scheme == "unix":
        return
    if password:
        yield from _password(name, password)
    else:
        message = f"{name} holds no password: whoever reaches the server may enter"
        yield Weakness("f1site.W021", name, message, f"Set one. {DRAW}")


def _password(name: str, value: str) -> Iterator[Weakness]:
    if len(value) < PASSWORD_LEAST:
        message = f"The password of {name} is shorter than {PASSWORD_LEAST} characters"
    elif not is_random(value, PASSWORD_BITS):
        message = f"The password of {name} can be guessed"
    else:
        return
    yield Weakness("f1site.W022", name, message, DRAW)


def is_random(value: str, bits: float) -> bool:
    """Whether a text looks drawn: many kinds of characters, no part of it again."""
    lower = value.lower()
    if len(value) < 3 or any(word in lower for word in PLACEHOLDERS):
        return False
    shares = [value.count(sign) / len(value) for sign in set(value)]
    entropy = -sum(share * math.log2(share) for share in shares)
    different = len({value[at : at + 3] for at in range(len(value) - 2)}) + 2
    return entropy * different >= bits


# --- doors --------------------------------------------------------------------
def debugging(environment: Environment) -> Iterator[Weakness]:
    if environment.get("DEBUG", "").strip().lower() in TRUE:
        message = "DEBUG is true; production must not show its insides"
        yield Weakness("f1site.E030", "DEBUG", message, "Set DEBUG=false.", stops=True)
    if environment.get("LOG_LEVEL", "").strip() == "DEBUG":
        message = "LOG_LEVEL is DEBUG: queries and their values are written down"
        yield Weakness("f1site.W031", "LOG_LEVEL", message, "Set LOG_LEVEL=INFO.")
    if environment.get("F1_NOW", "").strip():
        message = "F1_NOW stops the clock: forecasts would be sealed at a wrong time"
        yield Weakness("f1site.W032", "F1_NOW", message, "Leave F1_NOW empty.")


def hosts(environment: Environment) -> Iterator[Weakness]:
    listed = _listed("ALLOWED_HOSTS", environment)
    hint = "List the names that people type, such as f1.example.org."
    if not listed:
        message = "ALLOWED_HOSTS is not set: every request would be refused"
        yield Weakness("f1site.W040", "ALLOWED_HOSTS", message, hint)
    for host in listed:
        if "*" in host:
            message = f"ALLOWED_HOSTS holds {host!r}: any name is answered to"
        elif _is_near(host):
            message = f"ALLOWED_HOSTS holds {host!r}, which is no public name"
        else:
            continue
        yield Weakness("f1site.W041", "ALLOWED_HOSTS", message, hint)


def origins(environment: Environment) -> Iterator[Weakness]:
    hint = "Origins are https:// and a host, such as https://app.example.org."
    for origin in _listed("CORS_ORIGINS", environment):
        host = origin.partition("://")[2]
        if not origin.startswith("https://"):
            message = f"CORS_ORIGINS names {origin!r}, which is not https"
            yield Weakness("f1site.E042", "CORS_ORIGINS", message, hint, stops=True)
        if "*" in origin:
            message = f"CORS_ORIGINS names {origin!r}: any site may read the API"
            yield Weakness("f1site.E043", "CORS_ORIGINS", message, hint, stops=True)
        if _is_near(host):
            message = f"CORS_ORIGINS names {origin!r}, which is no public name"
            yield Weakness("f1site.W044", "CORS_ORIGINS", message, hint)


def proxies(environment: Environment) -> Iterator[Weakness]:
    if not environment.get("TRUSTED_PROXIES", "").strip():
        message = (
            "TRUSTED_PROXIES is not set; say how many proxies of yours stand in front,"
            " or all callers would be one"
        )
        hint = "0 where callers connect straight, 1 behind one proxy."
        yield Weakness("f1site.E045", "TRUSTED_PROXIES", message, hint, stops=True)


def people(environment: Environment) -> Iterator[Weakness]:
    if environment.get("MFA_REQUIRED_FOR_STAFF", "").strip().lower() in FALSE:
        message = "MFA_REQUIRED_FOR_STAFF is off: a password alone opens the admin"
        hint = "Leave MFA_REQUIRED_FOR_STAFF empty."
        yield Weakness("f1site.W046", "MFA_REQUIRED_FOR_STAFF", message, hint)
    for name in ("RATE_LIMIT_PER_MINUTE", "LOGIN_LIMIT_PER_MINUTE"):
        if environment.get(name, "").strip() == "0":
            message = f"{name} is 0: one caller may take the whole site"
            yield Weakness("f1site.W047", name, message, f"Leave {name} empty.")


# --- other servers --------------------------------------------------------------
def mails(environment: Environment) -> Iterator[Weakness]:
    url = secret("EMAIL_URL", environment)
    hint = "Such as smtp+tls://user:password@mail.example.org:587."
    if not url:
        message = (
            "EMAIL_URL is not set; production needs one to confirm addresses with,"
            " such as smtp+tls://user:password@mail.example.org:587 (consolemail://"
            " only prints)"
        )
        yield Weakness("f1site.E050", "EMAIL_URL", message, hint, stops=True)
    elif not url.startswith("smtp"):
        scheme = url.partition(":")[0]
        message = f"EMAIL_URL begins with {scheme}: mails reach nobody"
        yield Weakness("f1site.W051", "EMAIL_URL", message, hint)
    elif url.startswith("smtp:"):
        message = "EMAIL_URL begins with smtp: mails and their password travel openly"
        yield Weakness("f1site.W052", "EMAIL_URL", message, hint)
    site = environment.get("SITE_URL", "").strip()
    if site and not site.startswith("https://"):
        message = f"SITE_URL is {site!r}, which is not https: links in mails lead there"
        yield Weakness("f1site.W054", "SITE_URL", message, "Write https:// and a host.")
    sender = environment.get("EMAIL_FROM", "").strip()
    if not sender or "@localhost" in sender:
        message = "EMAIL_FROM is not set: mails come from noreply@localhost"
        yield Weakness(
            "f1site.W053", "EMAIL_FROM", message, "Write an address of your domain."
        )


def weather(environment: Environment) -> Iterator[Weakness]:
    is_keyed = environment.get("WEATHER_PROVIDER", "").strip() == "weatherapi"
    if is_keyed and not secret("WEATHER_API_KEY", environment):
        message = "WEATHER_API_KEY is not set; WEATHER_PROVIDER weatherapi needs one"
        hint = "Set the key, or WEATHER_PROVIDER=open-meteo, which needs none."
        yield Weakness("f1site.E060", "WEATHER_API_KEY", message, hint, stops=True)


def metrics(environment: Environment) -> Iterator[Weakness]:
    if secret("METRICS_TOKEN", environment):
        yield from _key("061", "METRICS_TOKEN", METRICS_LEAST, environment)


# --- connections to the database ------------------------------------------------
def connections(environment: Environment) -> Iterator[Weakness]:
    asked = budget(environment)
    if asked.processes > asked.size + asked.overflow:
        message = (
            f"DATABASE_POOL_SIZE and DATABASE_MAX_OVERFLOW allow"
            f" {asked.size + asked.overflow} connections, but {asked.processes}"
            " processes share them"
        )
        hint = "Raise them, or run fewer processes."
        yield Weakness("f1site.W070", "DATABASE_POOL_SIZE", message, hint)


def of_server(
    environment: Environment, database: "psycopg.Connection[Any]"
) -> list[Weakness]:
    """Whether the server holds what the budget allows."""
    asked = budget(environment)
    row = database.execute(HOLDS).fetchone()
    holds = int(row[0]) if row else 0
    if asked.needed <= holds:
        return []
    message = (
        f"The site may ask for {asked.needed} connections, the database holds {holds}"
    )
    hint = (
        "Lower DATABASE_POOL_SIZE and DATABASE_MAX_OVERFLOW, or raise max_connections."
    )
    return [Weakness("f1site.W071", "DATABASE_POOL_SIZE", message, hint)]


def of_settings(words: str) -> list[Weakness]:
    """What the settings said that did not load, as one more weakness."""
    if not words:
        return []
    hint = "Every setting is explained in .env.example."
    return [Weakness("f1site.E090", words.partition(" ")[0], words, hint, stops=True)]


def _listed(name: str, environment: Environment) -> list[str]:
    return [one.strip() for one in environment.get(name, "").split(",") if one.strip()]


def _is_near(host: str) -> bool:
    return host.startswith(NEAR) or host.endswith(".localhost")


def site_url(hosts: Iterable[str], port: str, is_production: bool) -> str:
    """Where readers find the site, as far as its settings tell."""
    if not is_production:
        return f"http://localhost:{port}"
    names = (host.lstrip("*.") for host in hosts)
    public = (name for name in names if name and not _is_near(name))
    return f"https://{next(public, 'localhost')}"


LOOKS = (
    kind,
    keys,
    passwords,
    debugging,
    hosts,
    origins,
    proxies,
    people,
    mails,
    weather,
    metrics,
    connections,
)
