// Package need is how a test says that this machine lacks what it takes: it is
// skipped, loudly, and on CI it fails, where a suite that skips itself proves
// nothing. CI is where the variable CI is true.
//
// go test shows a skip only with -v. check.sh therefore names a file in
// PYEXEC_TEST_SKIPPED, to which every skip is added as a line, and prints it.
package need

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// OnCI says whether this is CI, which has everything that any test takes.
func OnCI() bool { return os.Getenv("CI") == "true" }

// That skips the test when err, the reason why what it needs is not there, is
// not nil. On CI it fails.
func That(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		Unmet(t, "%s: %v", what, err)
	}
}

// Unmet skips the test for a reason that does not exist on CI, where it fails.
func Unmet(t testing.TB, format string, args ...any) {
	t.Helper()
	if OnCI() {
		t.Fatalf("CI has to have it: "+format, args...)
	}
	Elsewhere(t, format, args...)
}

// Elsewhere skips the test here, CI included, because another run of CI makes
// it: as root, as an ordinary user, on the other architecture, or without the
// race detector.
func Elsewhere(t testing.TB, format string, args ...any) {
	t.Helper()
	why := fmt.Sprintf(format, args...)
	note(t, why)
	t.Skip(Skipped + why)
}

// Skipped begins what a test that is skipped says.
const Skipped = "SKIPPED, NOTHING WAS TESTED: "

// ThatAsRoot is That where an ordinary user may lack it even on CI, which runs
// the tests as root, too.
func ThatAsRoot(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil && os.Geteuid() != 0 {
		Elsewhere(t, "%s: %v", what, err)
	}
	That(t, what, err)
}

// Time skips the test with -short, with which it fails on CI. why says what makes
// it long.
func Time(t testing.TB, why string) {
	t.Helper()
	if testing.Short() {
		Unmet(t, "-short: %s", why)
	}
}

// Programs skips the test where one of the programs is not in PATH. "root" says
// that the user has to be root; CI runs the tests as root, too.
func Programs(t testing.TB, names ...string) {
	t.Helper()
	var missing []string
	for _, name := range names {
		if name == "root" {
			if os.Geteuid() != 0 {
				Elsewhere(t, "only root can do it")
			}
		} else if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		Unmet(t, "this machine lacks %s", strings.Join(missing, ", "))
	}
}

// Toolchain skips the test where the module can't be compiled: there is no Go, or
// not for this user. CI runs the tests as root, whose it is.
func Toolchain(t testing.TB) {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "github.com/pyexec/pyexec/...")
	list.Env = append(list.Environ(), "GOPROXY=off")
	if out, err := list.CombinedOutput(); err != nil {
		ThatAsRoot(t, "a Go toolchain with all modules", fmt.Errorf("%w: %.200s", err, out))
	}
}

// Python is the interpreter to test with in place of the bundled one: a value for
// PYTHON_HOME, empty without. check.sh runs the tests that use it once for each
// version of the language.
func Python() string { return os.Getenv("PYEXEC_TEST_PYTHON") }

// SecondPython is the prefix of a CPython of another version than the one to test with, for
// servers that have both; empty where there is none.
func SecondPython() string { return os.Getenv("PYEXEC_TEST_SECOND_PYTHON") }

// Packages is the directory of packages that a variable of the environment names, for a
// test on the interpreter home: the bundled one where that is empty. For [Python] it is
// named by the variable with _OTHER behind it, as packages are for one version of the
// language. Empty where the test has to install them.
func Packages(variable, home string) string {
	if home != "" {
		variable += "_OTHER"
	}
	return os.Getenv(variable)
}

// note adds a line to the file that check.sh prints. Without one, or where this
// user may not write to it, what the test itself says has to be enough.
func note(t testing.TB, why string) {
	name := os.Getenv("PYEXEC_TEST_SKIPPED")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return
	}
	defer f.Close()
	first, _, _ := strings.Cut(why, "\n")
	fmt.Fprintf(f, "%s: %s: %.300s\n", filepath.Base(os.Args[0]), t.Name(), first)
}
