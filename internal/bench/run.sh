#!/usr/bin/env bash
# Every figure of the service (docs/benchmark.md), beside those of another commit on the same machine
# in the same run:
#
#   internal/bench/run.sh [COMMIT]
#
# It takes half an hour. bwrap, nsjail and go-judge are measured where they are on the PATH.
# Containers and gVisor need root, podman and runsc; without them they are left out.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'git worktree remove --force "$work/tree" 2>/dev/null || true; rm -rf "$work"' EXIT

old=()
if [[ -n ${1:-} ]]; then
	git worktree add --quiet --detach "$work/tree" "$1"
	(cd "$work/tree" && CGO_ENABLED=0 go build -o "$work/before" ./cmd/server)
	old=(-before "$work/before")
fi

grep -m 1 'model name' /proc/cpuinfo || true
echo "$(nproc) processors, load $(cut -d ' ' -f 1-3 /proc/loadavg), $(uname -r)"

# bench PACKAGE PATTERN [FLAG...]
bench() { go test -run '^$' -bench "$2" -benchtime 1x -timeout 60m "$1" "${@:3}"; }

bench ./internal/bench Floor -span 2s -rounds 5 "${old[@]}"
if [[ $(id -u) == 0 ]] && command -v podman >/dev/null && command -v runsc >/dev/null; then
	go test -timeout 30m ./deploy -run '^TestImage$' -keep localhost/pyexec-bench
	bench ./internal/testbed Setups -image localhost/pyexec-bench
	podman rmi localhost/pyexec-bench
fi
