#!/bin/bash
# Writes the report into the one comment of this job: the one that begins with its mark and is by its author, or a new one. A
# comment is replaced whatever became of the run, so that no verdict of an earlier one stays.
set -euo pipefail

# How often it is tried, and the longest wait between, in seconds.
tries=4
longest=60
# What a function ends with that may be asked again (sysexits.h, EX_TEMPFAIL).
again=75

[[ $PULL_REQUEST =~ ^[0-9]+$ ]] || exit 0
command -v jq >/dev/null || { echo '::error title=lucid-verify::write the comment: jq is missing on this runner'; exit 2; }
case $TOKEN in
  '' | *[!A-Za-z0-9_.=-]*) echo '::error title=lucid-verify::write the comment: the token is none'; exit 4 ;;
esac

work=$(mktemp -d "$RUNNER_TEMP/lucid-verify-comment.XXXXXX")
api=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues
mark="<!-- lucid-verify-action $KEY -->"

{
  echo "$mark"
  if [ -s "$MARKDOWN" ]; then
    cat "$MARKDOWN"
  else
    printf '### Incomplete: there is no report\n\nlucid-verify ended with %s. The log of the job says why.\n' \
      "${EXIT_CODE:+exit code }${EXIT_CODE:-no verdict}"
  fi
  printf '\n[Of %.12s](%s)\n' "$COMMIT" "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
} | jq --raw-input --slurp '{body: .}' >"$work/payload"

# request METHOD URL [FILE]: the answer is in `$work/body` and `$status`. The token is in no argument, which any process could read.
request() {
  : >"$work/head"
  status=$(
    curl --silent --show-error --location --connect-timeout 20 --max-time 60 --request "$1" --dump-header "$work/head" \
      --output "$work/body" --write-out '%{http_code}' ${3:+--data-binary "@$3"} --config - "$2" <<END
header = "Authorization: Bearer $TOKEN"
header = "Accept: application/vnd.github+json"
header = "Content-Type: application/json"
header = "X-GitHub-Api-Version: 2022-11-28"
header = "Expect:"
END
  ) || status=000
  case $status in
    2??) return 0 ;;
    000 | 408 | 429 | 5??) return "$again" ;;
    # GitHub says so of its limits, too (docs.github.com, "Rate limits for the REST API").
    403) ! grep -qiE '^(retry-after:|x-ratelimit-remaining: *0)' "$work/head" || return "$again" ;;
  esac
  return 1
}

# Finds the comment, and writes it. All of it is done again after a failure: the answer may be what was lost, not the comment.
upsert() {
  local page=0 found='' ids first id
  while :; do
    page=$((page + 1))
    request GET "$api/$PULL_REQUEST/comments?per_page=100&page=$page" || return
    found+=" $(jq --raw-output --arg mark "$mark" --arg author "$AUTHOR" \
      '.[] | select(.user.login == $author and (.body // "" | startswith($mark))) | .id' "$work/body")" || return "$again"
    [ "$(jq length "$work/body")" = 100 ] || break
  done
  read -r -d '' -a ids <<<"$found" || true
  first=${ids[0]:-}
  if [ -z "$first" ]; then
    request POST "$api/$PULL_REQUEST/comments" "$work/payload"
    return
  fi
  request PATCH "$api/comments/$first" "$work/payload" || return
  # Two runs at once may both have found none.
  for id in "${ids[@]:1}"; do request DELETE "$api/comments/$id" || return; done
}

for ((try = 1; try <= tries; try++)); do
  result=0
  upsert || result=$?
  if [ "$result" != "$again" ] || [ "$try" = "$tries" ]; then break; fi
  wait=$(awk -F ': *' 'tolower($1) == "retry-after" { print $2 + 0 }' "$work/head" | tail -n 1)
  wait=${wait:-$((2 ** try))}
  sleep "$((wait < longest ? wait : longest))"
done

case $result/$status in
  0/*) echo 'the comment is up to date' ;;
  */403 | */404) echo "::warning title=lucid-verify::no comment was written: the token may not, as in pull requests from forks (HTTP $status); the summary of the job has the report" ;;
  */401) echo '::error title=lucid-verify::write the comment: the token is not accepted (HTTP 401)'; exit 4 ;;
  *) echo "::error title=lucid-verify::write the comment: GitHub did not take it (HTTP $status); what an earlier run said may still stand there"; exit 5 ;;
esac
