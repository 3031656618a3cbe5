package python

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pyexec/pyexec/runtime/internal/ldso"
)

// trimRule names files of the upstream tree that are removed.
type trimRule struct {
	Pattern string   // relative to the prefix, as for path/filepath.Match
	Except  []string // base names that stay
	Reason  string
}

// trimRules is the policy for every release; what one alone has is in its value.
// What an upstream release no longer ships costs nothing to list and comes back
// unnoticed if it is not.
func trimRules(series string) []trimRule {
	stdlib := stdlib(series)
	return []trimRule{
		{Pattern: "include", Reason: "no compiler in a sandbox"},
		{Pattern: "share", Reason: "manual pages and terminal descriptions"},
		{Pattern: "bin/*", Except: []string{"python" + series},
			Reason: "scripts that start processes, and copies of the interpreter"},

		{Pattern: "lib/libpython" + series + ".so", Reason: "copy of libpython3.11.so.1.0, 58 MB: a symbolic " +
			"link upstream"},
		{Pattern: "lib/libpython3.so", Reason: "stable ABI forwarder, nothing here is linked against it"},
		{Pattern: "lib/*.a", Reason: "static libraries"},
		{Pattern: "lib/pkgconfig", Reason: "no compiler in a sandbox"},
		{Pattern: "lib/tcl*", Reason: "no display"},
		{Pattern: "lib/tk*", Reason: "no display"},
		{Pattern: "lib/itcl*", Reason: "no display"},
		{Pattern: "lib/thread*", Reason: "Tcl's threads"},

		{Pattern: stdlib + "/config-" + series + "-*",
			Reason: "for building extension modules; sysconfig reads _sysconfigdata instead"},
		{Pattern: stdlib + "/tkinter", Reason: "no display"},
		{Pattern: stdlib + "/idlelib", Reason: "no display"},
		{Pattern: stdlib + "/turtle*", Reason: "no display"},
		{Pattern: stdlib + "/ensurepip", Reason: "nothing can be installed"},
		{Pattern: stdlib + "/venv", Reason: "makes environments by starting processes"},
		{Pattern: stdlib + "/site-packages", Reason: "pip, where a release brings it; what belongs here is put here"},
		{Pattern: stdlib + "/lib2to3", Reason: "translator for Python 2"},
		{Pattern: stdlib + "/pydoc_data", Reason: "texts of the interactive help"},
		{Pattern: stdlib + "/test", Reason: "tests of CPython"},
		{Pattern: stdlib + "/*/test", Reason: "tests of CPython"},
		{Pattern: stdlib + "/*/tests", Reason: "tests of CPython"},
		{Pattern: stdlib + "/__phello__", Reason: "fixture of CPython's tests"},
		{Pattern: stdlib + "/__hello__.py", Reason: "fixture of CPython's tests"},
		{Pattern: stdlib + "/lib-dynload/_test*.so", Reason: "fixture of CPython's tests"},
		{Pattern: stdlib + "/lib-dynload/.empty", Reason: "placeholder"},
		{Pattern: stdlib + "/__pycache__", Reason: "all byte code is compiled here"},
		{Pattern: stdlib + "/*/__pycache__", Reason: "all byte code is compiled here"},
	}
}

// trim removes from prefix what the rules name.
func trim(prefix string, rules []trimRule) error {
	for _, r := range rules {
		found, err := filepath.Glob(filepath.Join(ldso.GlobQuote(prefix), filepath.FromSlash(r.Pattern)))
		if err != nil {
			return fmt.Errorf("trim: %s: %w", r.Pattern, err)
		}
		for _, path := range found {
			if slices.Contains(r.Except, filepath.Base(path)) {
				continue
			}
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("trim: %w", err)
			}
		}
	}
	return nil
}
