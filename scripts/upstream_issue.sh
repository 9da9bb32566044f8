#!/usr/bin/env bash
# Keep one issue about PostHog's schema: upstream_issue.sh <exit status of upstream_diff> <report.md>
# Needs `gh` and GH_TOKEN. Opens the issue or brings it up to date when something is new, closes it when nothing is.
set -euo pipefail
status=$1
report=$2
title="PostHog's schema differs from our contract"

number=$(gh issue list --state open --limit 200 --json number,title,author \
  --jq "[.[] | select(.title == \"$title\" and .author.is_bot)][0].number // empty")

if [ "$status" -eq 0 ]; then
  if [ -n "$number" ]; then
    gh issue close "$number" --comment "Nothing is new any more."
  fi
elif [ "$status" -ne 1 ]; then
  echo "no comparison was made (status $status): the issue stays as it is" >&2
  exit "$status"
elif [ -z "$number" ]; then
  gh issue create --title "$title" --body-file "$report"
else
  before=$(gh issue view "$number" --json body --jq .body)
  if [ "$before" != "$(cat "$report")" ]; then
    gh issue edit "$number" --body-file "$report"
    gh issue comment "$number" --body "The report has changed."
  fi
fi
