#!/bin/sh
# Restores a dump of backup.sh into a database without Trans-Hub, on a server that is not older than the dumped one.
#
#   restore.sh /var/backups/trans-hub/trans-hub-….dump
#
# Name the database as for backup.sh. Log in as a superuser, or as trans_hub_migrator if `trans-hub roles create` has run on
# the database. The restore is one transaction: all or nothing. It leaves out owners, grants and policies of roles, which may
# have other names on this server or be missing. `trans-hub roles create` creates them again.
set -eu
LC_ALL=C
export LC_ALL

fail() {
  echo "restore: $*" >&2
  exit 1
}

# --- connect: the same in backup.sh and restore.sh
# Every user can read a command line with `ps`, so the URL is passed on without its password, and the password through the
# environment.
url=${TH_DIRECT_URL:-${TH_DATABASE_URL:-}}
if [ -z "$url" ] && [ -n "${TH_DATABASE_URL_FILE:-}" ]; then
  url=$(cat "$TH_DATABASE_URL_FILE") || fail "TH_DATABASE_URL_FILE cannot be read"
fi
case $url in
  '') ;;
  postgres://* | postgresql://*) ;;
  *) fail "TH_DATABASE_URL must begin with postgres://" ;;
esac
case $url in *[?\&]password=*) fail "the password must stand before the @ of TH_DATABASE_URL, or in PGPASSFILE" ;; esac
rest=${url#*://}
authority=${rest%%[/?]*}
case $authority in
  *@*) ;;
  # The part that libpq parses as an address is visible in `ps` and in its errors.
  *) case $rest in *@*) fail "an @ of TH_DATABASE_URL comes too late: in a password, / is %2F, ? is %3F and @ is %40" ;; esac ;;
esac
case $authority in
  *:*@*)
    user_and_password=${authority%@*}
    PGPASSWORD=$(printf '%s' "${user_and_password#*:}" | awk '{
      decoded = ""
      while (match($0, /%[0-9A-Fa-f][0-9A-Fa-f]/)) {
        digits = "0123456789abcdef"
        hex = tolower(substr($0, RSTART + 1, 2))
        code = 16 * (index(digits, substr(hex, 1, 1)) - 1) + index(digits, substr(hex, 2, 1)) - 1
        decoded = decoded substr($0, 1, RSTART - 1) sprintf("%c", code)
        $0 = substr($0, RSTART + 3)
      }
      printf "%s", decoded $0
    }')
    export PGPASSWORD
    url="${url%%://*}://${user_and_password%%:*}@${rest#"$user_and_password"@}"
    ;;
esac
unset TH_DATABASE_URL TH_DIRECT_URL user_and_password authority rest
PGAPPNAME="trans-hub $(basename "$0" .sh)"
PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
export PGAPPNAME PGCONNECT_TIMEOUT

# shellcheck disable=SC2120 # only backup.sh gives it arguments
ask() { # SQL from stdin, one value out
  psql -XAtq -v ON_ERROR_STOP=1 ${url:+"--dbname=$url"} "$@"
}
# --- connect: end

[ $# -eq 1 ] || fail "no file was given: restore.sh trans-hub-….dump"
dump=$1
case $dump in -*) dump=./$dump ;; esac
[ -r "$dump" ] || fail "$dump cannot be read"
command -v pg_restore > /dev/null || fail "pg_restore is missing; Debian: apt-get install postgresql-client"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
trap 'exit 1' HUP INT TERM
pg_restore --list "$dump" | grep -v ' POLICY ' > "$list" || fail "$dump is no dump, or of a newer pg_dump"

may=$(echo "select case when has_database_privilege(current_database(), 'create') then '' else current_user || ' may not make schemas in \"' || current_database() || '\"' end" | ask) ||
  fail "the database does not answer"
[ -z "$may" ] || fail "$may: log in as a superuser, or as trans_hub_migrator"

# Empty schemas may exist, made by `roles create`. A schema with any content is not touched.
there=$(echo "select count(*) from pg_class where relnamespace in (select oid from pg_namespace where nspname in ('trans_hub', 'graphile_worker'))" | ask) ||
  fail "the database does not answer"
[ "$there" = 0 ] || fail "the database has a Trans-Hub already; restore into another one"
echo "set client_min_messages = warning; drop schema if exists trans_hub, graphile_worker" | ask > /dev/null

# pg_restore needs a database name even if the environment has one, and parses a name with a = as a connection string.
name=$(ask << 'SQL'
select 'dbname=''' || regexp_replace(current_database(), '([\\''])', '\\\1', 'g') || ''''
SQL
) || fail "the database does not answer"
pg_restore --no-owner --no-privileges --exit-on-error --single-transaction --use-list="$list" \
  --dbname="${url:-$name}" "$dump" ||
  fail "pg_restore failed; nothing was restored"
# Positions of events that were given after the dump are given anew, to other events. Readers of the feed must not take them for those.
ask > /dev/null << 'SQL' || fail "restored, but readers of events may miss some; run: update trans_hub.feed_head set epoch = gen_random_uuid()"
do $$
begin
  if to_regclass('trans_hub.feed_head') is not null then
    update trans_hub.feed_head set epoch = gen_random_uuid();
  end if;
end
$$
SQL
echo "analyze" | ask 2> /dev/null || echo "restore: some tables could not be analyzed; autovacuum will analyze them" >&2

echo "Restored. Next: trans-hub migrate; trans-hub roles create; then start workers and applications."
