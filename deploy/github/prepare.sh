#!/bin/bash
# What tells this use of the action from others, where what it keeps lies, and whether it may keep anything.
set -euo pipefail

key=${KEY:-$GITHUB_WORKFLOW/$GITHUB_JOB}
# It stands in an HTML comment and in the key of a cache.
key=${key//[^A-Za-z0-9._\/]/-}
key=${key:0:200}
while [[ $key == *--* ]]; do key=${key//--/-}; done

# Only what was merged leaves something behind. In `pull_request_target` the ref is the default branch, too, and the image anyone's.
keeps=false
case $GITHUB_EVENT_NAME in
  push | schedule | workflow_dispatch) [ "$GITHUB_REF" != "refs/heads/$DEFAULT_BRANCH" ] || keeps=true ;;
esac

{
  echo "key=$key"
  echo "kept=$RUNNER_TEMP/lucid-verify"
  echo "cache=lucid-verify-$RUNNER_OS-$RUNNER_ARCH-${VERSION//[^A-Za-z0-9._]/-}-$key-"
  echo "keeps=$keeps"
} >>"$GITHUB_OUTPUT"
