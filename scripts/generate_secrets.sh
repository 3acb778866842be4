#!/bin/sh
# Fills .env.production.template with secrets drawn by the kernel: see usage below.
set -eu
cd -P -- "$(dirname -- "$0")/.."
umask 077

usage() {
    cat <<'TEXT'
scripts/generate_secrets.sh [--force] [--host NAME] [FILE]
    writes FILE (.env.production, mode 600) from .env.production.template, with every
    empty secret drawn anew, and one file per secret in secrets/ for the containers.
    A FILE that is there stays as it is, unless --force.
scripts/generate_secrets.sh --files [FILE]
    only writes secrets/ again, from a FILE that you have edited.
SECRETS_DIR names another folder than secrets/.
TEXT
}
fail() { printf '%s\n' "$@" >&2; exit 1; }

template=.env.production.template target=.env.production host=f1.example.org
folder=${SECRETS_DIR:-secrets} force='' files=''
while [ $# -gt 0 ]; do
    case $1 in
        --force) force=yes ;;
        --files) files=yes ;;
        --host) host=${2:?a name must follow --host} && shift ;;
        -h | --help) usage && exit 0 ;;
        -*) usage >&2 && exit 2 ;;
        *) target=$1 ;;
    esac
    shift
done
case $host in *[!A-Za-z0-9.-]*) fail "$host is no host name" ;; esac

draw() { # a number of letters and digits, some 6 bits each
    LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$1"
}
fill() {
    while IFS= read -r line; do
        case $line in
            SECRET_KEY= | JWT_SECRET_KEY= | METRICS_TOKEN=) printf '%s%s\n' "$line" "$(draw 72)" ;;
            *_PASSWORD=) printf '%s%s\n' "$line" "$(draw 32)" ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <"$template" | sed "s/f1\.example\.org/$host/g"
}
needed='SECRET_KEY JWT_SECRET_KEY METRICS_TOKEN POSTGRES_PASSWORD REDIS_PASSWORD FLOWER_PASSWORD GRAFANA_ADMIN_PASSWORD'
others='SECRET_KEY_FALLBACKS EMAIL_URL WEATHER_API_KEY SENTRY_DSN'

value_of() { # without the spaces and the pair of quotes around it
    sed -n "s/^$1=[[:space:]]*//p" "$target" | tail -n 1 |
        sed -e 's/[[:space:]]*$//' -e "s/^\([\"']\)\(.*\)\1\$/\2/"
}
refuse_empty() {
    empty=''
    for name in $needed; do
        [ -n "$(value_of "$name")" ] || empty="$empty $name"
    done
    [ -z "$empty" ] || fail "$target gives no value to$empty; $folder/ stays as it is."
}
write_files() {
    mkdir -p "$folder"
    chmod 700 "$folder"
    for name in $needed $others; do
        file=$folder/$(printf %s "$name" | tr '[:upper:]' '[:lower:]')
        rm -f "$file"
        printf %s "$(value_of "$name")" >"$file"
        # A container sees the file alone, under an account of its own that must read it;
        # on this machine the folder keeps everybody else out.
        chmod 444 "$file"
    done
}

if [ -z "$files" ]; then
    if [ -e "$target" ] && [ -z "$force" ]; then
        fail "$target is there already and stays as it is." \
            "  --force   draws all secrets anew: sessions and tokens end, and the passwords of" \
            "            running servers must be changed with it" \
            "  --files   writes $folder/ again from it"
    fi
    fill >"$target.new"
    chmod 600 "$target.new"
    mv -f "$target.new" "$target"
    echo "$target is written (mode 600), its secrets drawn anew."
elif [ ! -e "$target" ]; then
    fail "$target is missing; scripts/generate_secrets.sh without --files makes it."
fi
refuse_empty
write_files
cat <<TEXT
$folder/ holds one file per secret, for deploy/compose.prod.yaml and for Kubernetes.

Next:
  1. Edit $target: ALLOWED_HOSTS, TRUSTED_PROXIES, EMAIL_URL, EMAIL_FROM.
  2. scripts/generate_secrets.sh --files $target
  3. ./run manage validate_production_config --env-file $target
  4. Keep a copy of $target where the backups are not: without SECRET_KEY the second
     factors of people cannot be read again.
TEXT
