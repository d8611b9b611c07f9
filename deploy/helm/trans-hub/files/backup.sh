#!/bin/sh
# Dumps both schemas of Trans-Hub into one file, and records the backup in the database, where `trans-hub doctor` checks it.
#
#   TH_DATABASE_URL  the database (or TH_DATABASE_URL_FILE, a file that contains the URL); TH_DIRECT_URL has precedence.
#                    Without these, PGHOST, PGUSER, PGPASSFILE and so on, as for psql. Log in as trans_hub_migrator, or
#                    another member of the role that owns the schema: other roles cannot read every row.
#   BACKUP_DIR       folder for the files; default /var/backups/trans-hub
#   BACKUP_KEEP      number of newest files to keep; default 14
#
# pg_dump must not be older than the server. Exit code 0 means that a new, complete file is on the disk. A file gets its final
# name last, so a file with a final name is complete; old files are removed only after that.
set -eu
umask 077
LC_ALL=C
export LC_ALL

fail() {
  echo "backup: $*" >&2
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

folder=${BACKUP_DIR:-/var/backups/trans-hub}
keep=${BACKUP_KEEP:-14}
case $keep in '' | *[!0-9]* | 0) fail "BACKUP_KEEP must be a whole number from 1" ;; esac
command -v pg_dump > /dev/null || fail "pg_dump is missing; Debian: apt-get install postgresql-client"
mkdir -p "$folder" || fail "BACKUP_DIR cannot be made"

# Asked first: pg_dump says the same in many words, one of them for each table that it may not read.
owner=$(ask << 'SQL'
select case
    when count(*) = 0 then 'none ' || current_database()
    when bool_and(pg_has_role(relowner, 'usage')) then ''
    else current_user || ' ' || min(pg_get_userbyid(relowner))
  end
from pg_class
where relnamespace in (select oid from pg_namespace where nspname in ('trans_hub', 'graphile_worker')) and relkind in ('r', 'p')
SQL
) || fail "the database does not answer"
case $owner in
  '') ;;
  'none '*) fail "the database \"${owner#none }\" has no Trans-Hub" ;;
  *) fail "${owner% *} may not dump every row: log in as trans_hub_migrator, or as another member of ${owner##* }" ;;
esac

# The dump contains everything that was committed before this moment.
started=$(echo "select clock_timestamp()" | ask) || fail "the database does not answer"
file="$folder/trans-hub-$(date -u +%Y%m%dT%H%M%SZ)-$$.dump"
part="$file.part"
trap 'rm -f "$part"' EXIT
trap 'exit 1' HUP INT TERM

# A migration that waits for this dump blocks all other sessions, so the dump fails rather than wait for a lock; the next
# night makes another.
pg_dump --format=custom --schema=trans_hub --schema=graphile_worker --lock-wait-timeout=60s \
  --file="$part" ${url:+"--dbname=$url"} || fail "pg_dump failed; nothing was removed"
pg_restore --list "$part" > /dev/null || fail "the dump cannot be read back; nothing was removed"
sync "$part" 2> /dev/null || sync
mv "$part" "$file"

bytes=$(wc -c < "$file" | tr -d ' ')
ask -v started="$started" -v bytes="$bytes" > /dev/null << 'SQL' || fail "$file is whole, but could not be recorded"
insert into trans_hub.backup_run (started_at, bytes, made_by) values (:'started', :bytes, 'pg_dump');
delete from trans_hub.backup_run where started_at < now() - interval '1 year';
SQL

# Names sort by time; newest first.
# shellcheck disable=SC2010 # the pattern admits only names without blanks
ls "$folder" | grep -E '^trans-hub-[0-9]{8}T[0-9]{6}Z-[0-9]+\.dump$' | sort -r | tail -n +"$((keep + 1))" |
  while read -r old; do rm -f "$folder/$old"; done
# Partial files left by a kill -9 or a power cut. A younger one may belong to another running backup.
find "$folder" -name 'trans-hub-*.dump.part' -mtime +0 -exec rm -f {} +

echo "$file: $bytes bytes"
