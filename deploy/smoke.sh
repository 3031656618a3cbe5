#!/usr/bin/env bash
# Asks a revision that has no traffic yet whether it does what it is for: runs a
# script, and keeps another from the network.
#
#   SERVICE=pyexec REGION=r deploy/smoke.sh    the revision with the tag "candidate"
#   BASE_URL=http://localhost:8080 deploy/smoke.sh    any other, without a token
set -euo pipefail

base=${BASE_URL:-}
token=
if [[ -z $base ]]; then
	: "${SERVICE:?the service}" "${REGION:?its region}" "${TAG:=candidate}"
	base=$(gcloud run services describe "$SERVICE" --region="$REGION" --format=json |
		python3 -c 'import json, sys
print(next(t["url"] for t in json.load(sys.stdin)["status"]["traffic"] if t.get("tag") == sys.argv[1]))' "$TAG")
	# The token is for the service, whatever the tag of the revision.
	audience=$(gcloud run services describe "$SERVICE" --region="$REGION" --format='value(status.url)')
	token=$(curl -sSf -H 'Metadata-Flavor: Google' \
		"http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience=$audience")
fi

# ask BODY prints the reply to a request.
ask() {
	curl -sS --retry 5 --retry-all-errors --max-time 60 "$base/execute" \
		-H 'Content-Type: application/json' -H "Authorization: Bearer $token" -d "$1"
}

# want REPLY PART fails unless the reply contains the part.
want() {
	if [[ $1 != *"$2"* ]]; then
		printf '%s: the reply is\n%s\nwanted\n%s\n' "$base" "$1" "$2" >&2
		exit 1
	fi
}

reply=$(ask '{"script": "def main():\n    print(\"smoke\")\n    return 6 * 7"}')
want "$reply" '{"result":42,"stdout":"smoke\n"}'
reply=$(ask '{"script": "import urllib.request\ndef main():\n    return urllib.request.urlopen(\"http://169.254.169.254\").status"}')
want "$reply" '"denied":"network access is not available to scripts'
reply=$(ask '{"script": "def main(): return 1", "report": true}')
want "$reply" '"seccomp":true'
echo "$base: answers rightly"
