"""Settings fail at the start, with the name of what is wrong."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

BASE = {
    "PATH": os.environ["PATH"],
    "DATABASE_URL": "postgresql://f1@localhost/none",
    "REDIS_URL": "redis://localhost:6379/0",
}


PRODUCTION = {"ENVIRONMENT": "production", "SECRET_KEY": "k" * 64}
PRODUCTION |= {"JWT_SECRET_KEY": "j" * 64, "TRUSTED_PROXIES": "1"}


def start(show: str = "F1_NOW", **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, and print some of them."""
    names = ", ".join(f"s.{name}" for name in show.split())
    return subprocess.run(
        [sys.executable, "-c", f"import f1site.settings as s; print({names})"],
        env={**BASE, **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("LOG_LEVEL", "LOUD"),
        ("DEBUG", "perhaps"),
        ("F1_NOW", "next sunday"),
        ("DATABASE_URL", ""),
        ("REDIS_URL", ""),
        ("LIVE_URL", "api.jolpi.ca"),
        ("LIVE_PER_HOUR", "0"),
        ("WEATHER_PROVIDER", "groundhog"),
        ("WEATHER_URL", "api.open-meteo.com"),
        ("TRUSTED_PROXIES", "-1"),
        ("LOGIN_FAILURES", "0"),
        ("REGISTRATION_OPEN", "sometimes"),
        ("EMAIL_URL", "pigeon://loft"),
        ("METRICS_FROM", "everywhere"),
        ("WORKER_METRICS_PORT", "ninety"),
    ],
)
def test_it_names_the_setting_that_is_wrong(name: str, value: str) -> None:
    done = start(**{name: value})
    assert done.returncode != 0
    assert name in done.stderr.strip().splitlines()[-1]


def test_production_needs_a_secret_key() -> None:
    done = start(ENVIRONMENT="production")
    assert "SECRET_KEY is not set" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "true"),
        ("SECRET_KEY", "k" * 49),
        ("JWT_SECRET_KEY", "j" * 63),
        ("TRUSTED_PROXIES", ""),
        ("CORS_ORIGINS", "http://example.org"),
        ("CORS_ORIGINS", "https://*"),
    ],
)
def test_production_does_not_start_half_locked(name: str, value: str) -> None:
    done = start(**(PRODUCTION | {"EMAIL_URL": "consolemail://", name: value}))
    assert done.returncode != 0
    assert name in done.stderr.strip().splitlines()[-1]


def test_production_needs_somewhere_to_send_mails() -> None:
    done = start(**PRODUCTION)
    assert "EMAIL_URL is not set" in done.stderr.strip().splitlines()[-1]
    url = "smtp+tls://f1:secret@mail.example.org:587"
    shown = "EMAIL_HOST EMAIL_PORT EMAIL_USE_TLS EMAIL_HOST_USER"
    done = start(shown, **PRODUCTION, EMAIL_URL=url)
    assert done.stdout == "mail.example.org 587 True f1\n"


def test_production_hashes_with_argon_and_hides_its_cookies() -> None:
    shown = "PASSWORD_HASHERS[0] SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE"
    shown += " SESSION_COOKIE_SAMESITE MFA_REQUIRED_FOR_STAFF TRUSTED_PROXIES"
    done = start(shown, **PRODUCTION, EMAIL_URL="consolemail://")
    hasher = "django.contrib.auth.hashers.Argon2PasswordHasher"
    assert done.stdout == f"{hasher} True True Lax True 1\n"


def test_a_weather_provider_with_a_key_needs_one() -> None:
    done = start(WEATHER_PROVIDER="weatherapi", WEATHER_API_KEY=" ")
    assert "WEATHER_API_KEY is not set" in done.stderr.strip().splitlines()[-1]
    assert start(WEATHER_PROVIDER="weatherapi", WEATHER_API_KEY="k").returncode == 0
    assert start(WEATHER_API_KEY="k").returncode == 0


def test_the_clock_can_be_stopped() -> None:
    assert start(F1_NOW="2025-03-10T12:00Z").stdout == "2025-03-10 12:00:00+00:00\n"


def test_every_setting_of_the_environment_is_explained() -> None:
    example = (settings.BASE_DIR / ".env.example").read_text().splitlines()
    named = {line.partition("=")[0] for line in example if "=" in line}
    wanted = (
        "ENVIRONMENT DEBUG LOG_LEVEL ALLOWED_HOSTS CORS_ORIGINS JWT_SECRET_KEY"
        " RATE_LIMIT_PER_MINUTE RATE_LIMIT_BURST WEATHER_API_KEY ENABLE_METRICS"
        " DATABASE_POOL_SIZE DATABASE_MAX_OVERFLOW DATABASE_POOL_TIMEOUT"
        " DATABASE_POOL_RECYCLE POSTGRES_DB POSTGRES_USER POSTGRES_PASSWORD"
        " REDIS_PASSWORD GRAFANA_ADMIN_PASSWORD DATABASE_URL REDIS_URL SECRET_KEY"
        " PORT APP_NAME F1_NOW TRUSTED_PROXIES EMAIL_URL EMAIL_FROM REGISTRATION_OPEN"
        " MFA_REQUIRED_FOR_STAFF LOGIN_FAILURES LOGIN_FAILURES_PER_ACCOUNT"
        " LOGIN_FAILURES_PER_ADDRESS LOGIN_LOCK_MINUTES"
    ).split()
    assert set(wanted) <= named
