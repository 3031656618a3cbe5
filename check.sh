#!/usr/bin/env bash
# Every check there is, for people and for CI.
#
#   ./check.sh quick   format, vet, build, and the tests that take a moment
#   ./check.sh lint    format, vet, and what linters say of Go, shell, Python
#                      and JavaScript
#   ./check.sh         format, vet, build, all tests that can be run here
#   ./check.sh ci      all of that and known vulnerabilities, the race detector,
#                      the tests as an ordinary user and in a container, the
#                      page in a browser, requests that schemathesis makes up,
#                      a moment of each fuzz target, benchmarks
#
# A test that needs what is not here is skipped; the end says which were. With
# ci, where everything is, it fails.
set -euo pipefail
cd "$(dirname "$0")"

mode=${1:-all}
case $mode in
quick | lint | all) ;;
# A test that skips where it could run must not pass for a test that ran.
ci) export CI=true ;;
*)
	echo "usage: ./check.sh [quick|lint|ci]" >&2
	exit 2
	;;
esac

# Nothing here needs to know the commit, and git tells nothing of a checkout that
# somebody else owns, as one that is mounted into a container.
GOFLAGS="$(go env GOFLAGS) -buildvcs=false"
export GOFLAGS

step() { printf '\n== %s\n' "$*"; }

# files prints the names of files of ours that match patterns.
files() { git ls-files --cached --others --exclude-standard -- "$@"; }

# have says whether a program is there. Without it a check is skipped, loudly, or
# fails on CI.
have() {
	command -v "$1" >/dev/null && return
	if [[ ${CI:-} == true ]]; then
		echo "CI has to have $1" >&2
		exit 1
	fi
	echo "SKIPPED, NOTHING WAS CHECKED: there is no $1"
	return 1
}

# packages_with_tests prints the packages that have test files, but for the one
# that starts the program as root and as other users by itself: once is enough.
packages_with_tests() {
	go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... |
		sed '\:/internal/testbed$:d'
}

check_format() {
	local unformatted
	unformatted=$(gofmt -l .)
	if [[ -n $unformatted ]]; then
		printf 'gofmt -w these files:\n%s\n' "$unformatted" >&2
		return 1
	fi
}

# begin makes the directory for all that is made here, which goes at the end however that
# comes, and has the tests write down there what they skip: go test shows no skip of a
# package that passes.
begin() {
	scratch=$(mktemp -d)
	trap end EXIT
	chmod 755 "$scratch"
	export PYEXEC_TEST_SKIPPED=$scratch/skipped
	touch "$PYEXEC_TEST_SKIPPED"
	chmod 666 "$PYEXEC_TEST_SKIPPED" # another user writes to it, too
}

end() {
	show_skips
	rm -rf "$scratch"
}

show_skips() {
	local skipped
	skipped=$(sort -u "$PYEXEC_TEST_SKIPPED")
	if [[ -z $skipped ]]; then
		return
	elif [[ $mode == quick ]]; then
		step "SKIPPED: $(wc -l <<<"$skipped") tests that take longer, or need what is not here: ./check.sh has all"
	else
		step SKIPPED, NOT TESTED HERE
		printf '%s\n' "$skipped"
	fi
}

# lint_javascript has node parse what browsers and node run.
lint_javascript() {
	local file failed=0
	while read -r file; do
		node --input-type=module --check <"$file" || { echo "$file: does not parse" >&2 && failed=1; }
	done < <(files 'funcs/web/*.js' 'funcs/web/*.mjs')
	return $failed
}

lint() {
	step staticcheck
	go tool staticcheck ./...

	step shellcheck
	# shellcheck disable=SC2046 # one word for each file
	if have shellcheck; then shellcheck .ci/run $(files '*.sh'); fi

	step ruff
	if have ruff; then
		ruff check --quiet --config .ci/ruff.toml .
		# Programs of tests may be odd on purpose, but have to be Python.
		# shellcheck disable=SC2046
		ruff check --quiet --isolated --select=E9,F63,F7 $(files '*/testdata/*.py' 'testdata/*.py')
	fi

	step "imports, lengths, columns"
	go test -count=1 ./internal/rules

	step JavaScript
	if have node; then lint_javascript; fi
}

# elsewhere runs all tests again by COMMAND DIR BINARY: as another user, or in
# another place. Root compiles, because there is no toolchain, or nowhere to put
# its output.
elsewhere() {
	local tmp package dir binary
	if [[ $(id -u) != 0 ]]; then
		echo "run it as root: half of the tests can't be run by anybody else" >&2
		return 1
	fi
	tmp=$scratch/$1
	mkdir "$tmp"
	for package in $(packages_with_tests); do
		dir=$(go list -f '{{.Dir}}' "$package")
		binary=$tmp/${package//\//-}.test
		go test -c -o "$binary" "$package"
		"$1" "$dir" "$binary" | sed '/^PASS$/d'
		printf 'ok  \t%s\t%s\n' "$package" "$1"
		rm "$binary"
	done
	rm -r "$tmp"
}

# as_ordinary_user is how most containers run: other layers of the sandbox are
# available to it.
as_ordinary_user() {
	local home=${2%/*}/home
	mkdir -p "$home"
	chown 65534:65534 "$home"
	cd "$1"
	HOME=$home setpriv --reuid=65534 --regid=65534 --clear-groups "$2" -test.timeout=30m "${@:3}"
}

# in_container is where README.md is followed by most: root without namespaces.
# The testbed, which is left out, starts such containers itself.
in_container() { .ci/container.sh -d "$1" -v "$2" "$2" -test.timeout=30m; }

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

# on_python_3_14 is what depends on the version of Python that scripts run on. It makes the
# directory, and leaves that Python and its packages in it. The stories and the data
# packages run in the three kinds of place that the whole suite runs in. The tests of
# ./runtime go through the postures by themselves. Hostile programs run once in each
# posture, in the cheapest place that has it: plain-root is full, plain-user user,
# podman-nons container, podman-nons-user landlock, gvisor-root gVisor. What confines them
# in the places left out, and without each layer, does not depend on their Python.
on_python_3_14() {
	local home=$1 places='plain-|podman-nons|gvisor-root'
	mkdir "$home"
	go run ./cmd/python -series 3.14 -proxy "$(go env GOPROXY)" -o "$home/python"
	PYTHON_HOME=$home/python go run ./cmd/packages -r cmd/packages/data.txt -o "$home/data"
	export PYEXEC_TEST_PYTHON=$home/python PYEXEC_TEST_PACKAGES_OTHER=$home/data
	go test -timeout=20m ./internal/e2e \
		-run 'TestSemantics|TestLimits|TestHintsOfScripts|TestDocumentedReplies|TestTwoPythons|TestData'
	stories_elsewhere "$home"
	go test -timeout=20m ./runtime -run 'TestCalls|TestDenials|TestHome'
	go test -timeout=20m ./internal/testbed -run "TestEscape/($places)"
	unset PYEXEC_TEST_PYTHON PYEXEC_TEST_PACKAGES_OTHER
	PYEXEC_TEST_SECOND_PYTHON=$home/python go test -timeout=20m ./internal/testbed -run TestMixedEnvironments
}

# in_another_environment runs the hostile programs where they are not in the default
# environment, in the posture with all layers and in the one with the fewest.
in_another_environment() {
	go test -timeout=20m ./internal/testbed \
		-run 'TestEscape/(plain-root|podman-nons-user)$/imports-free' -other-environment
}

# stories_elsewhere runs what scripts may expect as an ordinary user and in a container,
# on the Python and with the packages in a directory.
stories_elsewhere() {
	local binary=$1/e2e.test tests='^(TestSemantics|TestDataPrograms)$'
	go test -c -o "$binary" ./internal/e2e
	as_ordinary_user "$PWD/internal/e2e" "$binary" -test.run="$tests" | sed '/^PASS$/d'
	.ci/container.sh -d "$PWD/internal/e2e" -v "$1" -e "PYEXEC_TEST_PYTHON=$PYEXEC_TEST_PYTHON" \
		-e "PYEXEC_TEST_PACKAGES_OTHER=$PYEXEC_TEST_PACKAGES_OTHER" "$binary" -test.run="$tests" |
		sed '/^PASS$/d'
}

# ci is what is not in all.
ci() {
	step govulncheck
	.ci/vulncheck.sh

	# Once for all the tests below: 300 MB to fetch.
	step packages
	local made=$scratch/packages
	mkdir "$made"
	export PYEXEC_TEST_PACKAGES=$made/data PYEXEC_TEST_LIBRARIES=$made/libraries PYEXEC_TEST_SHOWN=$made/shown
	go run ./cmd/packages -r cmd/packages/data.txt -o "$PYEXEC_TEST_PACKAGES"
	go run ./cmd/packages -r internal/e2e/testdata/libraries/requirements.txt -o "$PYEXEC_TEST_LIBRARIES"
	go run ./cmd/packages -r internal/e2e/testdata/shown/requirements.txt -o "$PYEXEC_TEST_SHOWN"

	step go test -race
	# shellcheck disable=SC2046 # one word for each package
	go test -race -timeout=30m $(packages_with_tests)

	step go test as uid 65534
	elsewhere as_ordinary_user

	step what depends on Python, on 3.14
	on_python_3_14 "$scratch/3.14"

	step hostile programs in another environment than the default one
	in_another_environment

	step "go test in a container like Docker's"
	elsewhere in_container

	step the page: the editor is what npm has, and a browser shows it all
	funcs/web/editor/build.sh --check
	funcs/web/browsertest/run.sh

	step schemathesis: requests made from openapi.json
	funcs/web/schemathesis/run.sh

	step fuzz
	fuzz_all

	step benchmarks
	PYEXEC_TEST_PYTHONS=":$PYEXEC_TEST_PACKAGES $scratch/3.14/python:$scratch/3.14/data" \
		go test -run='^$' -bench=. -benchtime=200ms ./...
}

step gofmt
check_format

step go vet
go vet ./...

if [[ $mode == lint || $mode == ci ]]; then
	lint
fi
if [[ $mode == lint ]]; then
	exit
fi

if [[ $mode != quick ]]; then
	step go mod tidy
	go mod tidy -diff
fi

step go build
go build ./...

begin
if [[ $mode == ci ]]; then
	ci
fi

step go test
case $mode in
# What takes an interpreter, a container or a compiler is left out.
quick) go test -short -timeout=5m ./... ;;
# What the race detector leaves out: containers, gVisor, the image. The rest ran
# above. The time is for a machine that has other work.
ci) go test -timeout=40m ./runtime ./deploy ./internal/testbed ;;
*) go test -timeout=20m ./... ;;
esac
