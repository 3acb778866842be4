"""What production asks of its configuration, and what tells what is wrong with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from f1site import environment, production
from f1site.base.postgres.budget import Budget, budget

LONG = "q7Rk2ZpX9vLw4Tn8Jd5Hs1Gy6Bc3Mf0KtQxVrWuEoPaYiNbCzSlDgFhJkLmA8s5D2f"
PASSWORD = "u5Xk9Zr2Tq7Lw4Np8Vd3Hs6G"
GOOD = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": LONG,
    "JWT_SECRET_KEY": LONG[::-1],
    "DATABASE_URL": f"postgresql://f1:{PASSWORD}@db.example.org/f1",
    "REDIS_URL": f"redis://:{PASSWORD}@redis.example.org:6379/0",
    "ALLOWED_HOSTS": "f1.example.org",
    "CORS_ORIGINS": "https://app.example.org",
    "TRUSTED_PROXIES": "1",
    "EMAIL_URL": "smtp+tls://mail.example.org:587",
    "EMAIL_FROM": "noreply@example.org",
}


def ids(values: dict[str, str]) -> set[str]:
    return {one.id for one in production.weaknesses(values)}


def test_a_good_configuration_has_no_weakness() -> None:
    assert ids(GOOD) == set()


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("ENVIRONMENT", "development", "f1site.W002"),
        ("SECRET_KEY", "", "f1site.E010"),
        ("SECRET_KEY", LONG[:49], "f1site.E010"),
        ("SECRET_KEY", "k" * 64, "f1site.W010"),
        ("SECRET_KEY", "abcdefgh" * 8, "f1site.W010"),
        ("SECRET_KEY", "django-insecure-" + LONG, "f1site.W010"),
        ("SECRET_KEY", GOOD["JWT_SECRET_KEY"], "f1site.W012"),
        ("JWT_SECRET_KEY", LONG[:63], "f1site.E011"),
        ("JWT_SECRET_KEY", "0123456789" * 7, "f1site.W011"),
        ("SECRET_KEY_FILE", "/nowhere/secret", "f1site.E001"),
        ("DATABASE_URL", "", "f1site.E020"),
        ("REDIS_URL", "", "f1site.E020"),
        ("DATABASE_URL", "postgresql://f1@db/f1", "f1site.W021"),
        ("REDIS_URL", "redis://redis:6379/0", "f1site.W021"),
        ("DATABASE_URL", "postgresql://f1:hunter2@db/f1", "f1site.W022"),
        ("REDIS_URL", "redis://:f1-development-f1@redis", "f1site.W022"),
        ("POSTGRES_PASSWORD", "passwordpassword1", "f1site.W022"),
        ("REDIS_PASSWORD", "x" * 30, "f1site.W022"),
        ("GRAFANA_ADMIN_PASSWORD", "admin", "f1site.W022"),
        ("FLOWER_PASSWORD", PASSWORD[:15], "f1site.W022"),
        ("METRICS_TOKEN", PASSWORD, "f1site.E061"),
        ("METRICS_TOKEN", "m" * 40, "f1site.W061"),
        ("DEBUG", "True", "f1site.E030"),
        ("LOG_LEVEL", "DEBUG", "f1site.W031"),
        ("F1_NOW", "2025-03-10T12:00Z", "f1site.W032"),
        ("ALLOWED_HOSTS", "", "f1site.W040"),
        ("ALLOWED_HOSTS", "f1.example.org,localhost", "f1site.W041"),
        ("ALLOWED_HOSTS", "127.0.0.1", "f1site.W041"),
        ("ALLOWED_HOSTS", "*", "f1site.W041"),
        ("CORS_ORIGINS", "http://app.example.org", "f1site.E042"),
        ("CORS_ORIGINS", "https://*", "f1site.E043"),
        ("CORS_ORIGINS", "https://localhost:3000", "f1site.W044"),
        ("TRUSTED_PROXIES", "", "f1site.E045"),
        ("MFA_REQUIRED_FOR_STAFF", "false", "f1site.W046"),
        ("RATE_LIMIT_PER_MINUTE", "0", "f1site.W047"),
        ("EMAIL_URL", "", "f1site.E050"),
        ("EMAIL_URL", "consolemail://", "f1site.W051"),
        ("EMAIL_URL", "smtp://mail.example.org", "f1site.W052"),
        ("EMAIL_FROM", "", "f1site.W053"),
        ("SITE_URL", "http://f1.example.org", "f1site.W054"),
        ("WEATHER_PROVIDER", "weatherapi", "f1site.E060"),
        ("DATABASE_PROCESSES", "31", "f1site.W070"),
    ],
)
def test_each_weakness_is_found_alone(name: str, value: str, found: str) -> None:
    assert ids(GOOD | {name: value}) == {found}


def test_every_weakness_says_what_to_do_and_no_secret() -> None:
    bad = dict.fromkeys((*production.PASSWORDS, "SECRET_KEY"), "hunter2hunter2")
    found = production.weaknesses(bad | {"REDIS_URL": "redis://:hunter2hunter2@redis"})
    assert all(one.hint for one in found)
    assert "hunter2" not in " ".join(one.message + one.hint for one in found)


def test_secrets_may_stand_in_files_and_apart_from_addresses(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}/@\n")
    values = {"DATABASE_URL": "postgresql://f1@db:5433/f1?sslmode=require"}
    values |= {"REDIS_URL": "redis://redis:6379/0", "REDIS_PASSWORD": "p:w"}
    values |= {"POSTGRES_PASSWORD_FILE": str(tmp_path / "password")}
    assert environment.server("DATABASE_URL", values) == (
        f"postgresql://f1:{PASSWORD}%2F%40@db:5433/f1?sslmode=require"
    )
    assert environment.server("REDIS_URL", values) == "redis://:p%3Aw@redis:6379/0"


@pytest.mark.parametrize(
    "url", ["postgresql://f1@/f1?host=/run/pg", "postgresql://f1:own@db/f1"]
)
def test_an_address_that_is_whole_stays_as_it_is(url: str) -> None:
    values = {"DATABASE_URL": url, "POSTGRES_PASSWORD": "another"}
    assert environment.server("DATABASE_URL", values) == url


def test_connections_are_divided_among_the_processes() -> None:
    assert budget({}) == Budget(size=10, overflow=20, processes=6)
    assert (budget({}).kept, budget({}).most, budget({}).needed) == (1, 5, 36)
    many = budget({"DATABASE_PROCESSES": "40"})
    assert (many.kept, many.most, many.needed) == (1, 1, 80)
    few = budget({"WEB_WORKERS": "1", "WORKER_PROCESSES": "1"})
    assert few.most * few.processes <= 30


def validate(*options: str, **values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "validate_production_config", *options],
        env={"PATH": os.environ["PATH"], **values},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_lists_all_at_once_though_nothing_starts(tmp_path: Path) -> None:
    values = GOOD | {"DEBUG": "true", "SECRET_KEY": "short", "ALLOWED_HOSTS": "*"}
    done = validate("--without-servers", **values)
    assert done.returncode == 1
    for words in ("DEBUG is true", "SECRET_KEY is too short", "ALLOWED_HOSTS holds"):
        assert words in done.stdout
    assert "3 weaknesses, 2 of which" in done.stderr


def test_the_command_tells_of_values_that_the_settings_do_not_take() -> None:
    done = validate("--without-servers", **GOOD, GATE_LEAST_RACES="some")
    assert done.returncode == 1
    assert "GATE_LEAST_RACES is 'some'" in done.stdout


def test_the_command_asks_the_database_for_its_room() -> None:
    url = os.environ["DATABASE_URL"].replace("/f1_", "/postgres_").partition("?")
    values = GOOD | {"DATABASE_POOL_SIZE": "5000"}
    values["DATABASE_URL"] = f"postgresql://f1@/postgres?{url[2]}"
    done = validate(**values)
    assert "The site may ask for 5026 connections" in done.stdout
