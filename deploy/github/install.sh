#!/bin/bash
# Puts the wanted release of lucid-verify into PATH. What is downloaded is nothing until its checksum stands in checksums.txt.
set -euo pipefail

fail() {
  printf '::error title=lucid-verify::%s\n' "$2"
  exit "$1"
}

sum() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail 2 'install lucid-verify: the version is none; wanted one such as 0.1.0'

if [ "$(lucid-verify --version 2>/dev/null || true)" = "lucid-verify $VERSION" ]; then
  echo "lucid-verify $VERSION is here already"
  exit 0
fi

case $RUNNER_OS/$RUNNER_ARCH in
  Linux/X64) target=x86_64-unknown-linux-musl ;;
  Linux/ARM64) target=aarch64-unknown-linux-musl ;;
  macOS/X64) target=x86_64-apple-darwin ;;
  macOS/ARM64) target=aarch64-apple-darwin ;;
  Windows/X64) target=x86_64-pc-windows-msvc ;;
  *) fail 2 "install lucid-verify: there is no release for $RUNNER_OS on $RUNNER_ARCH; build it, and put it into PATH" ;;
esac
case $RUNNER_OS in Windows) archive=zip ;; *) archive=tar.gz ;; esac
asset=lucid-verify-$VERSION-$target.$archive

wanted=$(awk -v asset="$asset" '$2 == asset { print $1 }' "$GITHUB_ACTION_PATH/checksums.txt")
[[ $wanted =~ ^[0-9a-f]{64}$ ]] ||
  fail 2 "install lucid-verify: this version of the action knows no checksum of $asset; use one that was made after that release"

# Kept as it came, and held against its checksum each time: on a machine of one's own the folder outlives the job.
folder=${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/lucid-verify/$VERSION
file=$folder/$asset
if [ ! -f "$file" ] || [ "$(sum "$file")" != "$wanted" ]; then
  mkdir -p "$folder"
  draft=$(mktemp "$folder/draft.XXXXXX")
  trap 'rm -f "$draft"' EXIT
  from=${LUCID_VERIFY_RELEASES:-https://github.com/lucid-verify/lucid-verify/releases/download}/v$VERSION/$asset
  curl --fail --location --silent --show-error --connect-timeout 20 --max-time 300 --retry 3 --output "$draft" "$from" ||
    fail 5 "install lucid-verify: $asset could not be downloaded; run the job again, or set LUCID_VERIFY_RELEASES to a mirror"
  found=$(sum "$draft")
  [ "$found" = "$wanted" ] ||
    fail 6 "install lucid-verify: $asset is not what was released: its SHA-256 is $found, wanted $wanted"
  mv "$draft" "$file"
fi

bin=$(mktemp -d "$RUNNER_TEMP/lucid-verify-bin.XXXXXX")
case $archive in
  zip) unzip -q "$file" -d "$bin" ;;
  *) tar -xzf "$file" -C "$bin" ;;
esac
echo "$bin" >>"$GITHUB_PATH"
echo "installed lucid-verify $VERSION, of the SHA-256 $wanted"
