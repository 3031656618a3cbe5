#!/usr/bin/env bash
# Runs a command on this checkout in a container like Docker's: root without
# namespaces, Docker's capabilities, 1,024 descriptors, no network but loopback,
# and of programs only Go, git and what a shell script takes. That is where
# people run ./check.sh, and so does cloudbuild.yaml.
#
#   .ci/container.sh [-u UID] [-n] COMMAND...
#
#   -u UID   as an ordinary user
#   -n       with namespaces, as podman's own profile has it
#
# The container has this machine's own files, read-only, so that no image is
# needed. It takes root, podman and runc.
set -euo pipefail
cd "$(dirname "$0")/.."

user=0
confined=(--security-opt "seccomp=$PWD/internal/testbed/seccomp-no-namespaces.json" --cap-add MKNOD)
while getopts u:n option; do
	case $option in
	u) user=$OPTARG ;;
	n) confined=() ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{root,bin,cache,src} "$work"/root/{usr,etc,proc,sys,dev,run,var,src,go,bin.only}
mkdir -m 1777 "$work"/root/{tmp,var/tmp}
for link in bin sbin lib lib64; do
	cp -a "/$link" "$work/root/" # links into /usr
done
dpkg -L bash coreutils diffutils findutils git grep sed tar | grep -E '^(/usr)?/bin/[^/]+$' |
	while read -r program; do ln -sf "$program" "$work/bin/"; done
ln -s /bin/bash "$work/bin/sh"
ln -s "$(go env GOROOT)/bin"/* "$work/bin/"

# A copy, because tests may write beside their files.
git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- | tar -x -C "$work/src"
cache=$work/cache
if [[ $user == 0 ]]; then
	cache=$(go env GOCACHE)
else
	chown -R "$user:$user" "$work/src" "$work/cache"
fi

podman --runtime "$(command -v runc)" run --rm --network none --user "$user:$user" "${confined[@]}" \
	--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
	--volume /usr:/usr:ro --volume /etc:/etc:ro --volume "$work/bin:/bin.only:ro" \
	--volume "$(go env GOROOT):$(go env GOROOT):ro" --volume "$(go env GOMODCACHE):/go/pkg/mod:ro" \
	--volume "$cache:/go/cache" --volume "$work/src:/src" --workdir /src \
	--env HOME=/tmp --env PATH=/bin.only --env GOPATH=/go --env GOCACHE=/go/cache --env GOPROXY=off \
	--env GOFLAGS=-mod=mod --env GOTOOLCHAIN=local \
	--rootfs "$work/root:O" "$@"
