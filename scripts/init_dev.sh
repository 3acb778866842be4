#!/bin/sh
# The one command with Docker: builds, starts, loads the starter record, looks at every
# service and says how it stands. Without Docker there is ./run, which needs nothing.
set -eu
cd -P -- "$(dirname -- "$0")/.."

fail() { printf '%s\n' "$@" >&2; exit 1; }
compose() { docker compose -p f1site -f compose.yaml "$@"; }

command -v docker >/dev/null 2>&1 || fail \
    'Docker is not installed; this script needs it:' \
    '  https://docs.docker.com/engine/install/' \
    'Without Docker the site starts with:' '  ./run'
docker compose version >/dev/null 2>&1 || fail \
    'Docker is here, its compose plugin is not:' '  https://docs.docker.com/compose/install/'
docker info >/dev/null 2>&1 || fail \
    'Docker does not answer. Start it, or join its group:' \
    '  sudo systemctl start docker' "  sudo usermod -aG docker $(id -un)   # then sign in again"

echo 'Building the image (the first time takes minutes) …'
compose build
echo 'Starting Postgres and Redis, then the record, ratings and the first forecast …'
compose up -d --remove-orphans || {
    compose logs --tail 30 prepare >&2
    fail '' 'The site did not start; the words of its preparation stand above.'
}

n_failed=0
look() { # what, command …: tried for a minute
    what=$1 && shift
    n_tries=0
    until "$@" >/dev/null 2>&1; do
        n_tries=$((n_tries + 1))
        if [ "$n_tries" -ge "${INIT_TRIES:-30}" ]; then
            printf 'FAILED  %s\n' "$what"
            n_failed=$((n_failed + 1))
            return 0
        fi
        sleep "${INIT_PAUSE_S:-2}"
    done
    printf 'ok      %s\n' "$what"
}
ask_web() { # a path of the site must answer
    compose exec -T web python -c \
        "import urllib.request as u; u.urlopen('http://127.0.0.1:8000$1', timeout=10)"
}
runs() { [ -n "$(compose ps -q --status running "$1")" ]; }
pings() { compose exec -T "$1" celery -A f1site inspect ping -d "$2@$(compose exec -T "$1" hostname)"; }

look 'postgres    takes connections' compose exec -T postgres pg_isready -U f1 -d f1
look 'redis       answers' compose exec -T redis redis-cli ping
look 'record      the database is migrated and filled' ask_web /health/ready
look 'web         shows the front page' ask_web /
look 'web         shows a forecast' ask_web /api/v1/predictions/next-race/
look 'worker      answers' pings worker default
look 'worker-long answers' pings worker-long long
look 'beat        runs' runs beat
look 'flower      answers' compose exec -T flower python -c \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:5555/healthcheck', timeout=10)"

echo
[ "$n_failed" -eq 0 ] || fail "$n_failed of the services do not answer. Their words:" \
    '  docker compose -p f1site logs'
compose logs --no-log-prefix prepare | grep -i -A3 'password' || :
cat <<'TEXT'
All services answer.
  Site      http://localhost:8000/
  API       http://localhost:8000/api/docs/
  Flower    http://localhost:5555/
  Postgres  localhost:5432, Redis localhost:6379 (this machine only)
  Logs      docker compose -p f1site logs -f
  Stop      docker compose -p f1site down      (with -v: and forget all data)
TEXT
