#!/bin/bash
# Verifies, once more after a failure of the network, and hands the exit code on. Annotations, summary and files are those of the
# last try.
set -euo pipefail

[[ $RETRY_AFTER =~ ^[0-9]+$ ]] || { echo '::error title=lucid-verify::retry-after wants seconds'; exit 2; }
reports=$(mktemp -d "$RUNNER_TEMP/lucid-verify-reports.XXXXXX")
mkdir -p "$KEPT"

options=(verify --format=github "--cache=$KEPT/layers")
for output in json=report.json markdown=report.md sarif=report.sarif junit=junit.xml; do
  options+=("--output=${output%%=*}=$reports/${output#*=}")
done

# With its `=`, a value is a value whatever it begins with.
option() {
  [ -z "$2" ] || options+=("$1=$2")
}
option --images "$IMAGES_FILE"
option --compose "$COMPOSE"
option --profile "$PROFILE"
option --fail-on "$FAIL_ON"
option --dockerfile "$DOCKERFILE"
case $BASELINE in
  auto) option --baseline "$KEPT/baseline.json" ;;
  *) option --baseline "$BASELINE" ;;
esac
# The first run has none.
[ -z "$BASELINE" ] || options+=(--baseline-optional)
read -r -d '' -a bounds <<<"$MAX_GROWTH" || true
for bound in ${bounds[@]+"${bounds[@]}"}; do option --max-growth "$bound"; done
while IFS= read -r line; do
  [ -z "$line" ] || options+=("$line")
done <<<"$ARGS"
read -r -d '' -a names <<<"$IMAGES" || true

# Messages hold names that an image chose. Until the token comes, the runner takes no line for a command; what is said goes to
# stdout, because only within one stream lines keep their order.
try() {
  local token
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$token"
  code=0
  { lucid-verify "${options[@]}" -- ${names[@]+"${names[@]}"} >"$reports/annotations"; } 2>&1 || code=$?
  # Whatever the last line was.
  printf '\n::%s::\n' "$token"
}

try
if [ "$code" = 5 ]; then
  echo "the network failed; trying once more in $RETRY_AFTER s"
  sleep "$RETRY_AFTER"
  try
fi
if [ -s "$reports/annotations" ]; then
  cat "$reports/annotations"
elif [ "$code" != 0 ]; then
  echo "::error title=lucid-verify::it ended with exit code $code before it could judge; the log says why"
fi

case $code in
  0) verdict=held ;;
  1) verdict=findings ;;
  9) verdict=undecided ;;
  *) verdict=incomplete ;;
esac

# What failed does not become the measure by itself; a person who starts a run takes the images as they are.
case $verdict/$GITHUB_EVENT_NAME in
  held/* | findings/workflow_dispatch | undecided/workflow_dispatch)
    if [ "$KEEPS" = true ] && [ "$BASELINE" = auto ]; then cp "$reports/report.json" "$KEPT/baseline.json"; fi
    ;;
esac

{
  echo "verdict=$verdict"
  echo "exit-code=$code"
  # A name for what is kept, so that the same is not kept twice.
  echo "learned=$(cd "$KEPT" && { find . -type f | LC_ALL=C sort; cat baseline.json 2>/dev/null || true; } | cksum | tr ' ' -)"
  [ ! -s "$reports/report.json" ] || echo "json=$reports/report.json"
  [ ! -s "$reports/report.md" ] || echo "markdown=$reports/report.md"
  # Code scanning closes what a report no longer has, and one of a run that could not look has nothing.
  [ "$verdict" = incomplete ] || [ ! -s "$reports/report.sarif" ] || echo "sarif=$reports/report.sarif"
  [ ! -s "$reports/junit.xml" ] || echo "junit=$reports/junit.xml"
} >>"$GITHUB_OUTPUT"
[ ! -s "$reports/report.md" ] || cat "$reports/report.md" >>"$GITHUB_STEP_SUMMARY"
exit "$code"
