"""``./run check``: every rule of the house that a program can look after."""

import os
import secrets
import subprocess
import time
from collections.abc import Mapping

from f1site.entrance import deployment
from f1site.entrance.deployment import Check, script
from f1site.entrance.foreground import python
from f1site.entrance.places import MANAGE, ROOT
from f1site.entrance.say import BOLD, GREEN, RED, paint, say
from f1site.entrance.surroundings import surroundings

ADDRESS = "example.org"


#: What a whole ``CI=1 ./run test`` leaves.
COUNTED = ROOT / "var" / "test" / "coverage"
COVERAGE = Check(
    "coverage",
    python("-m", "coverage", "report", "--skip-covered"),
    hint="Without data: CI=1 ./run test (all of it) makes them.",
)


def checks(environment: Mapping[str, str]) -> list[Check]:
    """All of them; coverage where it was counted, and always where CI is set."""
    manage = python(str(MANAGE))
    is_counted = bool(os.environ.get("CI")) or COUNTED.exists()
    return [
        Check("lint", python("-m", "ruff", "check", ".")),
        Check("format", python("-m", "ruff", "format", "--check", ".")),
        Check("types", python("-m", "mypy", ".")),
        Check("templates", python("-m", "djlint", "templates", "--lint")),
        Check("imports", [script("lint-imports")]),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check("unsafe", python("-m", "f1site.testing.lint_migrations")),
        Check(
            "deployment",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            production(environment),
        ),
        *deployment.checks(ROOT),
        *[COVERAGE] * is_counted,
    ]


def check(names: list[str]) -> int:
    """Run all checks, or the named ones; each to its end, whatever the others say."""
    with surroundings("test") as around:
        environment = around.environment | {"ENVIRONMENT": "test"}
        every = checks(environment)
        chosen = [one for one in every if one.name in names or not names]
        if unknown := set(names) - {one.name for one in every}:
            say(f"No such check: {', '.join(sorted(unknown))}. There are:")
            say("  " + " ".join(one.name for one in every))
            return 2
        failed = [one.name for one in chosen if not passes(one, environment)]
    if failed:
        say(paint(f"{len(failed)} of {len(chosen)} failed: {', '.join(failed)}", RED))
        return 1
    say(paint(f"All {len(chosen)} passed", GREEN))
    return 0


def production(environment: Mapping[str, str]) -> dict[str, str]:
    """A filled production environment; the secrets are drawn anew each time."""
    names = ("SECRET_KEY", "JWT_SECRET_KEY")
    return {
        "ENVIRONMENT": "production",
        "ALLOWED_HOSTS": ADDRESS,
        "CORS_ORIGINS": f"https://{ADDRESS}",
        "TRUSTED_PROXIES": "1",
        "EMAIL_URL": f"smtp+tls://mail.{ADDRESS}:587",
        "EMAIL_FROM": f"noreply@{ADDRESS}",
        "DATABASE_URL": environment["DATABASE_URL"],
        "REDIS_URL": environment["REDIS_URL"],
        **{name: secrets.token_urlsafe(50) for name in names},
    }


def passes(one: Check, environment: Mapping[str, str]) -> bool:
    say(paint(f"── {one.name} ", BOLD) + "─" * (60 - len(one.name)))
    if one.missing:
        is_needed = bool(os.environ.get("CI"))
        say(f"{'failed' if is_needed else 'left out'}: needs {one.missing}")
        return not is_needed
    started = time.monotonic()
    result = subprocess.run(  # noqa: S603 - commands are spelled out above
        one.command,
        cwd=one.folder,
        env={**environment, **one.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    passed = result.returncode == 0
    if not passed:
        say("\n".join(filter(None, [result.stdout.rstrip(), one.hint])))
    verdict = paint("ok", GREEN) if passed else paint("failed", RED)
    say(f"{verdict} in {time.monotonic() - started:.1f} s")
    return passed
