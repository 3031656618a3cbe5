#!/usr/bin/env bash
# Has schemathesis, which knows nothing of this service but /openapi.json, send
# it requests that fit the document and requests that do not, and compare every
# reply with the document.
#
#   run.sh [OPTION of schemathesis run...]
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
cp schemathesis.toml hooks.py "$work"
export SCHEMATHESIS_HOOKS=hooks PATH=$work/venv/bin:$PATH PYTHONPATH=$work
cd "$work"
# The same requests each time: what it finds is found again.
# shellcheck disable=SC2016 # the inner shell has the variable
"$OLDPWD/../with-server.sh" bash -c \
	'schemathesis run "$SERVER_URL/openapi.json" --seed 1 --max-examples 100 --continue-on-failure --no-color "$@"' run "$@"
