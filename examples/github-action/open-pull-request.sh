#!/bin/sh
# Brings the catalogs up to date with the server, and opens or renews a pull request where something changed.
#
# TH_SERVER and TH_TOKEN (scope `catalog`) name the server; gh (GH_TOKEN) opens the pull request. TRANS_HUB is the command
# (default: npx trans-hub), BRANCH the branch (default: trans-hub/translations).
set -eu
branch=${BRANCH:-trans-hub/translations}
base=$(git symbolic-ref --short HEAD)

# Exit code 4: some texts wait for the workers. What is ready is written, and the next run brings the rest.
${TRANS_HUB:-npx trans-hub} translate --server "$TH_SERVER" || [ $? -eq 4 ]

git add --all
if git diff --cached --quiet; then
  echo "The catalogs are up to date."
  exit 0
fi
git config user.name "Trans-Hub"
git config user.email "trans-hub@users.noreply.github.com"
git checkout --quiet -B "$branch"
git commit --quiet --message "Update translations"
# The branch belongs to this script: it holds one commit on top of the base, so it never conflicts.
git push --quiet --force origin "$branch"
if [ -z "$(gh pr list --head "$branch" --state open --json number --jq '.[].number')" ]; then
  gh pr create --base "$base" --head "$branch" --title "Update translations" --body "Texts that Trans-Hub has since the last update."
fi
