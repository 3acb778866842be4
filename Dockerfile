# syntax=docker/dockerfile:1
# One image for web, worker, beat and flower; what runs is said by the command.
#   docker build --build-arg LOCK=requirements-watching.lock .   also Sentry and traces

FROM python:3.11.13-slim-bookworm AS base
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=f1site.settings VAR_DIR=/data STATIC_ROOT=/app/static-built
# pg_dump and pg_restore must be as new as the server that is backed up.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1=12.* postgresql-common=2* \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-18=18.* \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app

FROM base AS build
ARG LOCK=requirements.lock
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock requirements-watching.lock /build/
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes -r "/build/${LOCK}"
COPY . .
# Values for the settings to load with, used for nothing; none of them is in the image.
RUN ENVIRONMENT=production TRUSTED_PROXIES=0 EMAIL_URL=consolemail:// \
    DATABASE_URL=postgresql:///none REDIS_URL=redis://localhost \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_hex(40))')" \
    JWT_SECRET_KEY="$(python -c 'import secrets; print(secrets.token_hex(40))')" \
    python manage.py collectstatic --noinput

FROM base
RUN useradd --system --uid 10001 --home-dir /app --no-create-home f1 \
    && mkdir /data && chown f1 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
CMD ["gunicorn", "f1site.wsgi:application", "-c", "deploy/gunicorn.py", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]
