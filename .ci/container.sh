#!/usr/bin/env bash
# Runs a command on this checkout in a container like Docker's: root without
# namespaces, Docker's capabilities, 1,024 descriptors, no network but loopback,
# and of programs only Go, git and what a shell script takes. That is where
# people run ./check.sh, and so does cloudbuild.yaml.
#
#   .ci/container.sh [-u UID] [-n] [-d DIR] [-v FILE]... [-e NAME=VALUE]... COMMAND...
#
#   -u UID   as an ordinary user
#   -n       with namespaces, as podman's own profile has it
#   -d DIR   in a directory of the checkout
#   -v FILE  or directory, which is to be in there, too, a program for one
#   -e NAME=VALUE   in the environment of the command
#
# The container has this machine's own files, so that no image is needed; what is
# written goes with it, but for Go's build cache when root writes to it. It takes
# root, podman and runc.
set -euo pipefail
cd "$(dirname "$0")/.."

user=0 dir=$PWD more=()
confined=(--security-opt "seccomp=$PWD/internal/testbed/seccomp-no-namespaces.json" --cap-add MKNOD)
while getopts u:nd:v:e: option; do
	case $option in
	u) user=$OPTARG ;;
	n) confined=() ;;
	d) dir=$OPTARG ;;
	v) more+=(--volume "$OPTARG:$OPTARG:ro") ;;
	e) more+=(--env "$OPTARG") ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{rootfs,bin,cache} "$work"/rootfs/{usr,etc,proc,sys,dev,run,var,root}
mkdir -m 1777 "$work"/tmp "$work"/rootfs/{tmp,var/tmp}
for link in bin sbin lib lib64; do
	cp -a "/$link" "$work/rootfs/" # links into /usr
done
dpkg -L bash coreutils diffutils findutils git grep sed tar | grep -E '^(/usr)?/bin/[^/]+$' |
	while read -r program; do ln -sf "$program" "$work/bin/"; done
ln -s /bin/bash "$work/bin/sh"
ln -s "$(go env GOROOT)/bin"/* "$work/bin/"
cache=$(go env GOCACHE)
if [[ $user != 0 ]]; then
	cache=$work/cache
	chown "$user:$user" "$cache"
fi

# Tests note there what they skip: check.sh prints it.
skips=()
if [[ -n ${PYEXEC_TEST_SKIPPED:-} ]]; then
	skips=(--volume "$PYEXEC_TEST_SKIPPED:/skipped" --env PYEXEC_TEST_SKIPPED=/skipped)
fi

podman --runtime "$(command -v runc)" run --rm --network none --user "$user:$user" "${confined[@]}" \
	--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
	--volume /usr:/usr:ro --volume /etc:/etc:ro --volume "$work/bin:/bin.only:ro" --volume "$PWD:/src:O" \
	--volume "$(go env GOROOT):$(go env GOROOT):ro" --volume "$(go env GOMODCACHE):/go/pkg/mod:ro" \
	--volume "$cache:/go/cache" --volume "$work/tmp:/tmp:dev,exec" "${more[@]}" --workdir "/src/${dir#"$PWD"}" \
	--env HOME=/tmp --env PATH=/bin.only --env GOPATH=/go --env GOCACHE=/go/cache --env GOPROXY=off \
	--env GOFLAGS=-mod=mod --env GOTOOLCHAIN=local "${skips[@]}" \
	--rootfs "$work/rootfs:O" "$@"
