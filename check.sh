#!/usr/bin/env bash
# Every check there is, for people and for CI.
#
#   ./check.sh       format, vet, build, tests
#   ./check.sh ci    also lint, known vulnerabilities, the race detector, the tests as an ordinary
#                    user, the page in a browser, requests that schemathesis
#                    makes up, a moment of each fuzz target, benchmarks
set -euo pipefail
cd "$(dirname "$0")"

# A test that skips where it could run must not pass for a test that ran:
# with CI=true tests fail instead, for everything CI has.
mode=${1:-}
case $mode in
'') ;;
ci) export CI=true ;;
*)
	echo "usage: ./check.sh [ci]" >&2
	exit 2
	;;
esac

step() { printf '\n== %s\n' "$*"; }

# packages_with_tests prints the packages that have test files, but for the one
# that starts the program as root and as other users by itself: once is enough.
packages_with_tests() {
	go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | grep -v /internal/testbed
}

check_format() {
	local unformatted
	unformatted=$(gofmt -l .)
	if [[ -n $unformatted ]]; then
		printf 'gofmt -w these files:\n%s\n' "$unformatted" >&2
		return 1
	fi
}

# as_ordinary_user runs all tests again as uid 65534, which is how most
# containers run: other layers of the sandbox are available to it. Root
# compiles, because that user has no toolchain and nowhere to put its output.
as_ordinary_user() {
	local tmp package dir binary
	if [[ $(id -u) != 0 ]]; then
		echo "run it as root: half of the tests can't be run by anybody else" >&2
		return 1
	fi
	tmp=$(mktemp -d)
	# shellcheck disable=SC2064 # the directory of now, not of later
	trap "rm -rf '$tmp'" EXIT
	chmod 755 "$tmp"
	mkdir "$tmp/home"
	chown 65534:65534 "$tmp/home"
	for package in $(packages_with_tests); do
		dir=$(go list -f '{{.Dir}}' "$package")
		binary=$tmp/${package//\//-}.test
		go test -c -o "$binary" "$package"
		# These call the compiler.
		(cd "$dir" && HOME=$tmp/home setpriv --reuid=65534 --regid=65534 --clear-groups \
			"$binary" -test.timeout=20m -test.skip='^(TestHosted|TestPastedGo)$' | sed '/^PASS$/d')
		printf 'ok  \t%s\tas uid 65534\n' "$package"
		rm "$binary"
	done
}

# fuzz_all runs each fuzz target for a moment. That finds nothing deep; it
# keeps the targets working and tries the seeds' neighbourhood. A number of
# tries, not a time: when a time is up on a busy machine, go test now and then
# takes the end for a failure ("context deadline exceeded").
fuzz_all() {
	local package target
	for package in $(packages_with_tests); do
		for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
			go test -run='^$' -fuzz="^$target\$" -fuzztime=30000x -fuzzminimizetime=100x "$package"
		done
	done
}

step gofmt
check_format

step go vet
go vet ./...

step go mod tidy
go mod tidy -diff

step go build
go build ./...

if [[ $mode == ci ]]; then
	step shellcheck
	# shellcheck disable=SC2046 # one word for each file
	shellcheck .ci/run $(git ls-files '*.sh')

	step staticcheck
	go tool staticcheck ./...

	step govulncheck
	.ci/vulncheck.sh

	# Once for all the tests below: 200 MB to fetch.
	step packages
	PYEXEC_TEST_PACKAGES=$(mktemp -d)/data
	export PYEXEC_TEST_PACKAGES
	chmod 755 "${PYEXEC_TEST_PACKAGES%/data}"
	go run ./cmd/packages -r cmd/packages/data.txt -o "$PYEXEC_TEST_PACKAGES"

	step go test -race
	# shellcheck disable=SC2046 # one word for each package
	go test -race -timeout=20m $(packages_with_tests)

	step go test as uid 65534
	as_ordinary_user

	step the page: the editor is what npm has, and a browser shows it all
	funcs/web/editor/build.sh --check
	funcs/web/browsertest/run.sh

	step schemathesis: requests made from openapi.json
	funcs/web/schemathesis/run.sh

	step fuzz
	fuzz_all

	step benchmarks
	go test -run='^$' -bench=. -benchtime=200ms ./...
fi

step go test
if [[ $mode == ci ]]; then
	# What the race detector leaves out: containers, gVisor, the image. The
	# rest ran above. The time is for a machine that has other work.
	go test -timeout=40m ./runtime ./deploy ./internal/testbed
else
	go test -timeout=20m ./...
fi
