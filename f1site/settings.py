"""Every setting of the site. Values come from the environment and fail loudly.

The names in the environment are listed, a sentence each, in ``.env.example``.
"""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from f1site import environment, logs, production
from f1site.base.postgres.budget import budget

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def text(name: str, default: str) -> str:
    """A value from the environment; one that is set to nothing is not set."""
    return os.environ.get(name, "").strip() or default


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it may be {', '.join(allowed)}"
        )
    return value


def number(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    if not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be a whole number from {least}"
        )
    return int(value)


def address(name: str, default: str) -> str:
    value = text(name, default)
    if not value.startswith(("http://", "https://")):
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be an http(s) address"
        )
    return value if value.endswith("/") else f"{value}/"


def origins(name: str) -> list[str]:
    """Origins that browsers may call from; nothing but https ones, none with a path."""
    listed = [one.strip() for one in text(name, "").split(",") if one.strip()]
    for origin in listed:
        host = origin.removeprefix("https://")
        if host == origin or not host or set(host) & set("/*?#@ "):
            raise ImproperlyConfigured(
                f"{name} names {origin!r}; an origin is https:// and a host"
            )
    return listed


def networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    listed = [one.strip() for one in text(name, default).split(",") if one.strip()]
    try:
        return [ip_network(one) for one in listed]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} is {text(name, default)!r}: {error}"
        ) from None


def flag(name: str, default: bool) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    value = text(name, str(default)).lower()
    if value not in words:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be true or false")
    return words[value]


def moment(name: str) -> datetime | None:
    written = text(name, "")
    if not written:
        return None
    try:
        value = datetime.fromisoformat(written)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is {written!r}; write it as 2025-03-10T12:00Z"
        ) from None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def mail(url: str) -> dict[str, Any]:
    """The EMAIL settings of an address; without one mails become files."""
    if not url:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {"EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": VAR_DIR / "mail"}
    known = env.EMAIL_SCHEMES
    if url.partition(":")[0] not in known:
        raise ImproperlyConfigured(
            f"EMAIL_URL must begin with one of {', '.join(sorted(known))}"
        )
    return dict(env.email_url_config(url))


def secret(name: str) -> str:
    try:
        return environment.secret(name, os.environ)
    except environment.Unreadable as error:
        raise ImproperlyConfigured(str(error)) from None


def server(name: str, what: str) -> str:
    """The address of a server, with the password that stands apart from it."""
    try:
        url = environment.server(name, os.environ)
    except environment.Unreadable as error:
        raise ImproperlyConfigured(str(error)) from None
    if not url:
        raise ImproperlyConfigured(
            f"{name} is not set. In development start through ./run, which brings its"
            f" own {what}; in production name your server."
        )
    return url


def key_of_this_checkout(path: Path) -> str:
    """A key drawn once; linked into place whole, so that no process reads half."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(drawn, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, os.urandom(48).hex().encode())
        os.close(descriptor)
        with suppress(FileExistsError):
            os.link(drawn, path)
        drawn.unlink()
    return path.read_text()


# --- what kind of site this is ------------------------------------------------
ENVIRONMENT = choice(
    "ENVIRONMENT", "development", ("development", "test", "production")
)
PRODUCTION = ENVIRONMENT == "production"
if PRODUCTION and (refused := production.refused(os.environ)):
    raise ImproperlyConfigured(refused)
DEBUG = flag("DEBUG", False)
APP_NAME = text("APP_NAME", "Parc Fermé")
LOG_LEVEL = choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
F1_NOW = moment("F1_NOW")
VERSION = next(
    (
        line.removeprefix("## ").split()[0]
        for line in (BASE_DIR / "CHANGELOG.md").read_text().splitlines()
        if line.startswith("## ") and line[3:4].isdigit()
    ),
    "unreleased",
)

# --- state of this checkout ---------------------------------------------------
VAR_DIR = Path(text("VAR_DIR", str(BASE_DIR / "var")))
MODEL_DIR = VAR_DIR / ("test" if ENVIRONMENT == "test" else "dev") / "models"
GATE_LEAST_RACES = number("GATE_LEAST_RACES", 40, least=1)
STARTER_DIR = BASE_DIR / "ingestion" / "starter"
ARCHIVE_URL = text(
    "ARCHIVE_URL",
    "https://github.com/f1db/f1db/releases/latest/download/f1db-csv.zip",
)

# --- manners towards the live source ------------------------------------------
LIVE_URL = address("LIVE_URL", "https://api.jolpi.ca/ergast/f1/")
LIVE_PER_SECOND = number("LIVE_PER_SECOND", 2, least=1)
LIVE_PER_HOUR = number("LIVE_PER_HOUR", 200, least=1)
LIVE_WAIT_S = number("LIVE_WAIT_S", 60, least=1)
LIVE_PATIENCE_S = number("LIVE_PATIENCE_S", 150)
LIVE_TIMEOUT_S = number("LIVE_TIMEOUT_S", 20, least=1)
LIVE_FRESH_S = number("LIVE_FRESH_S", 3600)

# --- secrets and doors --------------------------------------------------------
SECRET_KEY = secret("SECRET_KEY")
if not SECRET_KEY:
    SECRET_KEY = key_of_this_checkout(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = [key for key in secret("SECRET_KEY_FALLBACKS").split(",") if key]
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]
)
if ENVIRONMENT == "test":
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
SITE_URL = address(
    "SITE_URL", production.site_url(ALLOWED_HOSTS, text("PORT", "8000"), PRODUCTION)
)
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0)
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if ENVIRONMENT == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation"
        ".UserAttributeSimilarityValidator"
    },
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^health", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- people -------------------------------------------------------------------
REGISTRATION_OPEN = flag("REGISTRATION_OPEN", True)
MFA_REQUIRED_FOR_STAFF = flag("MFA_REQUIRED_FOR_STAFF", PRODUCTION)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
#: Failures to log in are counted in the database, by the lock below.
ACCOUNT_RATE_LIMITS = {"login_failed": None}
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = APP_NAME
MFA_TOTP_TOLERANCE = 1  # half a minute that a telephone may be off, either way
MFA_RECOVERY_CODES_SHOW_ONCE = True
#: Who is logged in has a confirmed address; another may wait for its confirmation.
MFA_ALLOW_UNVERIFIED_EMAIL = True

# --- lock after failures to log in --------------------------------------------
AXES_HANDLER = "accounts.lockout.Handler"
#: Failures of an account from one address, of an account, of an address.
LOGIN_FAILURES = (
    number("LOGIN_FAILURES", 5, least=1),
    number("LOGIN_FAILURES_PER_ACCOUNT", 20, least=1),
    number("LOGIN_FAILURES_PER_ADDRESS", 50, least=1),
)
AXES_FAILURE_LIMIT = LOGIN_FAILURES[0]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_COOLOFF_TIME = timedelta(minutes=number("LOGIN_LOCK_MINUTES", 30, least=1))
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "f1site.base.client_address.client_address"
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "accounts.lockout.account_of"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.answer"
AXES_SENSITIVE_PARAMETERS = (
    "username login email ip_address password1 password2 oldpassword code"
    " csrfmiddlewaretoken"
).split()
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- mail ---------------------------------------------------------------------
EMAIL_URL = secret("EMAIL_URL")
globals().update(mail(EMAIL_URL))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = text(
    "EMAIL_FROM", f"{APP_NAME} <noreply@localhost>"
)

#: What a page of ours never asks a browser for.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in "accelerometer autoplay browsing-topics camera"
    " display-capture fullscreen geolocation gyroscope magnetometer microphone midi"
    " payment screen-wake-lock serial usb xr-spatial-tracking".split()
}
CORS_ALLOWED_ORIGINS = origins("CORS_ORIGINS")
CORS_URLS_REGEX = r"^/(api|ergast)/"
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Link",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-ID",
    "X-Total-Count",
]

# --- how much one caller may ask for; requests a minute and at once ------------
RATE_LIMITS = {
    "api": (
        number("RATE_LIMIT_PER_MINUTE", 0 if ENVIRONMENT == "test" else 30),
        number("RATE_LIMIT_BURST", 60, least=1),
    ),
    "login": (number("LOGIN_LIMIT_PER_MINUTE", 0 if ENVIRONMENT == "test" else 6), 20),
    "expensive": (
        number("EXPENSIVE_LIMIT_PER_MINUTE", 0 if ENVIRONMENT == "test" else 4),
        8,
    ),
}

# --- practice -----------------------------------------------------------------
PRACTICE_SOURCE = choice("PRACTICE_SOURCE", "", ("", "openf1"))
PRACTICE_URL = address("PRACTICE_URL", "https://api.openf1.org/v1/")

# --- weather ------------------------------------------------------------------
WEATHER_PROVIDER = choice(
    "WEATHER_PROVIDER", "open-meteo", ("open-meteo", "weatherapi")
)
WEATHER_API_KEY = secret("WEATHER_API_KEY")
if WEATHER_PROVIDER == "weatherapi" and not WEATHER_API_KEY:
    raise ImproperlyConfigured(
        "WEATHER_API_KEY is not set; WEATHER_PROVIDER weatherapi needs one"
    )
WEATHER_URL = address(
    "WEATHER_URL",
    {
        "open-meteo": "https://api.open-meteo.com/v1/",
        "weatherapi": "https://api.weatherapi.com/v1/",
    }[WEATHER_PROVIDER],
)
WEATHER_ARCHIVE_URL = address(
    "WEATHER_ARCHIVE_URL",
    {
        "open-meteo": "https://archive-api.open-meteo.com/v1/",
        "weatherapi": "https://api.weatherapi.com/v1/",
    }[WEATHER_PROVIDER],
)

# --- apps ---------------------------------------------------------------------
INSTALLED_APPS = [
    "f1site.base",
    "f1site",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "accounts",
    "ingestion",
    "ratings",
    "predictions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "auditlog",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]
MIDDLEWARE = [
    "f1site.logs.tell_requests",
    "f1site.monitoring.traffic.count_requests",
    "f1site.monitoring.middleware.scraped_by_any_name",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "f1site.monitoring.middleware.BoundedAfterMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "f1site.base.limits.limit_requests",
    "f1site.base.kept_pages.keep_pages",
    "csp.middleware.CSPMiddleware",
    "f1site.base.middleware.refuse_nul",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ingestion.middleware.name_editors",
    "django_htmx.middleware.HtmxMiddleware",
    "ingestion.middleware.warn_editors",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.ask_for_second_factor",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "f1site.urls"
WSGI_APPLICATION = "f1site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "predictions.views.context.site",
            ],
        },
    },
]

# --- database -----------------------------------------------------------------
DATABASES = {"default": env.db_url_config(server("DATABASE_URL", "Postgres"))}
DATABASES["default"]["ENGINE"] = "f1site.base.postgres"
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 2
if ENVIRONMENT == "test":
    # The flush between transactional tests may truncate sealed tables.
    DATABASES["default"]["OPTIONS"]["options"] = "-c f1.test_database=on"
DATABASE_POOL_TIMEOUT = number("DATABASE_POOL_TIMEOUT", 30, least=1)
for _name, _least in (
    ("DATABASE_POOL_SIZE", 1),
    ("DATABASE_MAX_OVERFLOW", 0),
    ("DATABASE_PROCESSES", 1),
    ("WEB_WORKERS", 1),
    ("WORKER_PROCESSES", 1),
):
    number(_name, 1, least=_least)
DATABASE_BUDGET = budget(os.environ)
if PRODUCTION:
    # The locks of a machine that vanished go with its connections, which the server
    # would otherwise keep for two hours.
    DATABASES["default"]["OPTIONS"].setdefault(
        "options",
        "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5"
        " -c tcp_keepalives_count=3",
    )
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": DATABASE_BUDGET.kept,
        "max_size": DATABASE_BUDGET.most,
        "max_lifetime": number("DATABASE_POOL_RECYCLE", 3600, least=1),
        # Of one try; f1site.base.postgres tries again up to DATABASE_POOL_TIMEOUT.
        "timeout": 0.5,
        # Who gives up soon is ready soon once the server is back.
        "reconnect_timeout": 1.0,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- cache and jobs -----------------------------------------------------------
REDIS_URL = server("REDIS_URL", "Redis")
CACHES = {
    "default": {
        "BACKEND": "f1site.base.cache.FailOpenRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 0.3, "socket_connect_timeout": 0.3},
        "TIMEOUT": 3600,
    }
}
#: How long a page that was drawn may stand while the data do; 0: always drawn anew.
PAGE_CACHE_S = number("PAGE_CACHE_S", 0 if DEBUG or ENVIRONMENT == "test" else 300)
CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
#: Seconds after which a message of a worker that died goes to another one. A worker
#: that lives says every two seconds which messages it holds, however long it takes.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 10,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = (Queue("default"), Queue("long"))
CELERY_TASK_ROUTES = ["f1site.base.work.route"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_TIMEOUT = False  # who gets it next tells; see f1site.base.deaths
CELERY_TASK_SOFT_TIME_LIMIT = 900
CELERY_TASK_TIME_LIMIT = 930
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_000_000  # kB; a fresh process takes its place
CELERY_WORKER_SEND_TASK_EVENTS = True
#: With REMAP_SIGTERM=SIGQUIT a worker that is asked to stop finishes what it can within
#: these seconds and gives the rest back.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
#: Touched with each sign of life of a worker, for whoever looks after its container.
WORKER_SIGN_FILE = text("WORKER_SIGN_FILE", "")
CELERY_BEAT_SCHEDULER = "f1site.beat:Scheduler"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- words and times ----------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# --- static files -------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- history of edits ---------------------------------------------------------
AUDITLOG_DISABLE_REMOTE_ADDR = True

# --- API ----------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"
    ],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PARSER_CLASSES": ["f1site.base.parsers.SmallJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["f1site.base.limits.CallerLimit"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.OrderingFilter",
        "rest_framework.filters.SearchFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "predictions.api.pagination.PageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "predictions.api.errors.handle",
    "PAGE_SIZE": 30,
}
JWT_SECRET_KEY = secret("JWT_SECRET_KEY")
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=60),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SECRET_KEY or f"tokens of the API {SECRET_KEY}",
    "ISSUER": "f1site",
    "USER_ID_CLAIM": "sub",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{APP_NAME} API",
    "DESCRIPTION": "The Formula One record, its ratings and sealed forecasts.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "predictions.api.schema.add_common_errors",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    # Links to operations would stand in the buttons that open them.
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "CircuitKind": "ingestion.models.Circuit.Kind",
        "ModelStatus": "predictions.models.ModelVersion.Status",
        "PracticeKind": [(kind, kind) for kind in ("FP1", "FP2", "FP3", "FP4")],
        "QualifyingKind": [
            ("qualifying", "qualifying"),
            ("sprint_qualifying", "sprint qualifying"),
        ],
        "QualifyingStatus": "ingestion.models.QualifyingResult.Status",
        "RaceStatus": "ingestion.models.Race.Status",
        "RatingKind": "ratings.models.RatingKind",
        "ResultKind": [("race", "race"), ("sprint", "sprint")],
        "ResultStatus": "ingestion.models.ResultStatus",
        "SessionKind": "ingestion.models.SessionKind",
        "Stage": "predictions.models.Stage",
    },
}

# --- logs and figures ---------------------------------------------------------
ENABLE_METRICS = flag("ENABLE_METRICS", True)
METRICS_TOKEN = secret("METRICS_TOKEN")
METRICS_FROM = networks("METRICS_FROM", "" if METRICS_TOKEN else "127.0.0.0/8,::1")
LOCAL, ALL = "127.0.0.1", "0.0.0.0"  # noqa: S104 - in the network of containers
WORKER_METRICS_PORT = number("WORKER_METRICS_PORT", 9091)
WORKER_METRICS_HOST = text("WORKER_METRICS_HOST", ALL if PRODUCTION else LOCAL)
if FIGURES := text("PROMETHEUS_MULTIPROC_DIR", ""):
    Path(FIGURES).mkdir(parents=True, exist_ok=True)
#: With the limits of our promises among them, half a second and two.
PROMETHEUS_LATENCY_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0),
    float("inf"),
)
SENTRY_DSN = secret("SENTRY_DSN")
OTEL_ENDPOINT = text("OTEL_EXPORTER_OTLP_ENDPOINT", "").rstrip("/")
DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING = logs.configuration(LOG_LEVEL, is_json=PRODUCTION)
if "pytest" in sys.modules:
    LOGGING["loggers"]["django.request"] = {"level": "ERROR"}
    LOGGING["loggers"]["f1site.requests"]["level"] = "ERROR"
logs.set_up()
