#!/usr/bin/env bash
# Makes ../assets/codemirror.js and the file of its licenses from npm's
# packages, at the versions of package-lock.json.
#
#   ./build.sh            writes them
#   ./build.sh --check    fails when they are not what it would write
set -euo pipefail
cd "$(dirname "$0")"
assets=$PWD/../assets

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json build.mjs codemirror.mjs "$work"
mkdir "$work/out"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node build.mjs out)

case ${1:-} in
'') cp "$work"/out/* "$assets" ;;
--check)
	for file in "$work"/out/*; do
		cmp "$file" "$assets/${file##*/}" || {
			echo "funcs/web/assets/${file##*/} is not what funcs/web/editor/build.sh writes" >&2
			exit 1
		}
	done
	echo "ok  the bundle is what npm's packages make"
	;;
*)
	echo "usage: build.sh [--check]" >&2
	exit 2
	;;
esac
