package packages

import "path"

// trimRule names files of wheels that are left out.
type trimRule struct {
	Pattern  string // as for path.Match
	Anywhere bool   // of the base name, at any depth; else of the path from the top
	Reason   string
}

// trimRules is the policy. Licences and metadata stay: licences belong to the files
// that are distributed, and importlib.metadata and /capabilities read the metadata.
var trimRules = []trimRule{
	{Pattern: "bin", Reason: "programs, which no script can start"},
	{Pattern: "share", Reason: "manual pages and icons"},
	{Pattern: "include", Reason: "no compiler in a sandbox"},
	{Pattern: "*/include", Reason: "no compiler in a sandbox: headers of pyarrow, 9 MB"},
	{Pattern: "*/*/include", Reason: "no compiler in a sandbox: headers of numpy"},
	{Pattern: "joblib/test", Reason: "tests of joblib"},
	{Pattern: "tests", Anywhere: true,
		Reason: "a library's tests of itself: 60 MB of pandas, scipy, sympy and scikit-learn"},
	{Pattern: "__pycache__", Anywhere: true, Reason: "all byte code is compiled here"},
	{Pattern: "*.pyx", Anywhere: true, Reason: "Cython source of what is there compiled"},
	{Pattern: "*.pxd", Anywhere: true, Reason: "Cython declarations"},
	{Pattern: "*.pxi", Anywhere: true, Reason: "Cython declarations"},
	{Pattern: "*.pyi", Anywhere: true, Reason: "types for editors"},
	{Pattern: "*.a", Anywhere: true, Reason: "static libraries"},
}

// trimmed reports whether a rule names rel, a slash-separated path, or a
// directory that it is in.
func trimmed(rel string) bool {
	for i := range len(rel) {
		if rel[i] == '/' && ruled(rel[:i]) {
			return true
		}
	}
	return ruled(rel)
}

func ruled(rel string) bool {
	for _, r := range trimRules {
		name := rel
		if r.Anywhere {
			name = path.Base(rel)
		}
		if ok, err := path.Match(r.Pattern, name); ok && err == nil {
			return true
		}
	}
	return false
}
