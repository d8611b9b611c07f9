#!/bin/sh
# Dumps both schemas of Trans-Hub into one file, and records that in the database, where `trans-hub doctor` looks for it.
#
#   TH_DATABASE_URL  the database (or TH_DATABASE_URL_FILE, a file that holds it); TH_DIRECT_URL goes before it. Without
#                    them PGHOST, PGUSER, PGPASSFILE and so on, as for psql. As trans_hub_migrator, or another member of
#                    the role that owns the schema: others do not see every row.
#   BACKUP_DIR       where the files go; default /var/backups/trans-hub
#   BACKUP_KEEP      how many of them stay, the newest; default 14
#
# pg_dump must not be older than the server. Exit code 0: there is a new file, whole and on the disk. A file gets its name
# last, so that what has a name is whole; what was there before is removed only after that.
set -eu
umask 077
LC_ALL=C
export LC_ALL

fail() {
  echo "backup: $*" >&2
  exit 1
}

# --- connect: the same in backup.sh and restore.sh
# A password on a command line is everybody's to read in `ps`: the URL goes on without it, the password by the environment.
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
  # What libpq takes for an address shows up in `ps`, and in its errors.
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

ask() { # SQL from stdin, one value out
  psql -XAtq -v ON_ERROR_STOP=1 ${url:+"--dbname=$url"} "$@"
}
# --- connect: end

folder=${BACKUP_DIR:-/var/backups/trans-hub}
keep=${BACKUP_KEEP:-14}
case $keep in '' | *[!0-9]* | 0) fail "BACKUP_KEEP must be a whole number from 1" ;; esac
command -v pg_dump > /dev/null || fail "pg_dump is missing; Debian: apt-get install postgresql-client"
mkdir -p "$folder" || fail "BACKUP_DIR cannot be made"

# What is committed before this is in the dump.
started=$(echo "select clock_timestamp()" | ask) || fail "the database does not answer"
file="$folder/trans-hub-$(date -u +%Y%m%dT%H%M%SZ)-$$.dump"
part="$file.part"
trap 'rm -f "$part"' EXIT
trap 'exit 1' HUP INT TERM

# A migration that waits for us holds up everybody: rather than wait for one, another night.
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

# Newest first, by their names.
ls "$folder" | grep -E '^trans-hub-[0-9]{8}T[0-9]{6}Z-[0-9]+\.dump$' | sort -r | tail -n +"$((keep + 1))" |
  while read -r old; do rm -f "$folder/$old"; done
# Those that a kill -9 or a power cut left; a younger one may be another backup's that is at it.
find "$folder" -name 'trans-hub-*.dump.part' -mtime +0 -exec rm -f {} +

echo "$file: $bytes bytes"
