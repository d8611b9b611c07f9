#!/bin/sh
# Requests a text, waits for its translation for up to 30 seconds, and prints it: with curl alone.
#
#     TH_SERVER=http://127.0.0.1:8080 TH_TOKEN=thk_… sh request.sh
set -eu
api=$TH_SERVER/v1/projects/${TH_PROJECT:-shop}

# The token comes from a file that only this user can read: in an argument, every user of the machine would see it.
auth=$(mktemp)
trap 'rm -f "$auth"' EXIT
printf 'header = "Authorization: Bearer %s"\n' "$TH_TOKEN" > "$auth"

call() {
  path=$1
  shift
  # --fail-with-body: a problem is printed, and ends the script. --retry: 429 and 503 say when to come again.
  curl --silent --show-error --fail-with-body --retry 4 --config "$auth" --header 'Content-Type: application/json' "$@" "$api$path"
}

call /requests --data '{
  "items": [{ "text": "Add to cart", "businessId": "cart.add" }],
  "sourceLocale": "en",
  "targetLocales": ["fr"]
}'
echo
call /translations:wait --header 'Prefer: wait=30' --data '{ "items": [{ "businessId": "cart.add" }], "targetLocale": "fr" }'
echo
