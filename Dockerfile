# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock /build/
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes -r /build/requirements.lock

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=f1site.settings VAR_DIR=/data STATIC_ROOT=/app/static-built
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1=12.* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app f1 \
    && mkdir -p /data && chown f1 /data
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
RUN ENVIRONMENT=production SECRET_KEY=only-while-building-and-as-long-as-production-asks-for \
    DATABASE_URL=postgresql://nobody@localhost/none REDIS_URL=redis://localhost \
    ALLOWED_HOSTS=localhost EMAIL_URL=consolemail:// \
    TRUSTED_PROXIES=0 \
    JWT_SECRET_KEY=only-while-building-and-as-long-as-production-asks-for-0123456789 \
    python manage.py collectstatic --noinput
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/health/live', headers={'Host': os.environ.get('ALLOWED_HOSTS', 'localhost').split(',')[0]}), timeout=4)"]
CMD ["gunicorn", "f1site.wsgi:application", "-c", "deploy/gunicorn.py", "--bind", "0.0.0.0:8000"]
