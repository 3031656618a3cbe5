#!/usr/bin/env bash
# Tests the page at / in a headless Chromium, against a real server with the
# packages of cmd/packages/data.txt: PYEXEC_TEST_PACKAGES names a directory of them,
# otherwise they are installed once, into the cache. Where Chromium or Node is
# missing it says so and does nothing; with CI=true it fails.
#
#   run.sh [FLAG OF node --test...]
set -euo pipefail
cd "$(dirname "$0")"

missing=()
for tool in chromium node npm; do
	command -v "$tool" >/dev/null || missing+=("$tool")
done
if ((${#missing[@]} > 0)); then
	echo "SKIPPED: the page is not tested in a browser: ${missing[*]} not installed" >&2
	[[ ${CI:-} != true ]]
	exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json ./*.mjs "$work"
cd "$work"
packages=$(realpath "$OLDPWD/../../../cmd/packages/data.txt")
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
# A second environment has none of the packages. Below /tmp others may have to enter.
mkdir -p environments/plain
chmod 755 . environments environments/plain
# One worker, so that it shows whether a run that was stopped has ended; hence
# one test at a time.
PYTHON_PACKAGES=${PYEXEC_TEST_PACKAGES:-$packages} ENVIRONMENTS=$PWD/environments EXEC_WORKERS=1 EXEC_QUEUE=1 EXEC_TIMEOUT=120s CHROMIUM=$(command -v chromium) \
	"$OLDPWD/../with-server.sh" node --test --test-concurrency=1 --test-reporter=spec "$@"
