package rules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/pyexec/pyexec"

// offDiet says why a file must not import a package, if so.
func offDiet(name, target string) string {
	for _, d := range diets {
		if !strings.HasPrefix(name, d.dir+"/") {
			continue
		}
		for prefix, why := range d.never {
			if strings.HasPrefix(target, prefix) {
				return why
			}
		}
		if first, _, _ := strings.Cut(target, "/"); !strings.Contains(first, ".") || strings.HasPrefix(target,
			modulePath+"/") {
			continue
		}
		allowed := false
		for prefix, place := range d.modules {
			allowed = allowed || strings.HasPrefix(target, prefix) &&
				(name == place || strings.HasPrefix(name, place+"/"))
		}
		if !allowed {
			return "only the standard library is needed here"
		}
	}
	return ""
}

// Lengths in lines. Tables, that is declarations of variables and constants at
// package level, don't count.
const (
	maxFunction = 60
	maxFile     = 300
)

// violations returns what is wrong with one file, given by its path from the
// module's root.
func violations(name string, source []byte) []string {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	report := func(pos token.Pos, format string, args ...any) {
		found = append(found, fmt.Sprintf("%s: %s", fset.Position(pos), fmt.Sprintf(format, args...)))
	}
	imports := make(map[string]string) // local name → path
	for _, spec := range file.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		local := path.Base(target)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		imports[local] = target
		if why := outOfRank(path.Dir(name), target); why != "" {
			report(spec.Pos(), "imports %s: %s", target, why)
		}
		if why := offDiet(name, target); why != "" {
			report(spec.Pos(), "imports %s: %s", target, why)
		}
		for _, b := range bans {
			if b.names == nil && b.covers(target) && !b.allows(name) {
				report(spec.Pos(), "imports %s: %s", target, b.why)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if why := bannedName(name, imports, n); why != "" {
				report(n.Pos(), "%s.%s: %s", n.X, n.Sel.Name, why)
			}
		case *ast.CallExpr:
			if isTempCall(imports, n) {
				report(n.Pos(), "names no directory: the default one comes from the environment")
			}
		}
		return true
	})
	return append(found, lengths(fset, file)...)
}

// outOfRank says why a package must not import another, if so.
func outOfRank(dir, target string) string {
	if target != modulePath && !strings.HasPrefix(target, modulePath+"/") {
		return ""
	}
	from, ok := rankedAs(dir)
	if !ok {
		return "the package " + dir + " has no rank: see ranks in internal/rules/tables_test.go"
	}
	to, ok := rankedAs(strings.TrimPrefix(strings.TrimPrefix(target, modulePath), "/"))
	if !ok {
		return "that package has no rank: see ranks in internal/rules/tables_test.go"
	}
	if from.dir == to.dir && from.tree || from.rank > to.rank {
		return ""
	}
	return fmt.Sprintf("%s (%s) is not below %s (%s)", to.dir, to.why, from.dir, from.why)
}

func rankedAs(dir string) (ranked, bool) {
	if dir == "" {
		dir = "."
	}
	for _, r := range ranks {
		if dir == r.dir || r.tree && strings.HasPrefix(dir, r.dir+"/") {
			return r, true
		}
	}
	return ranked{}, false
}

func (b ban) covers(target string) bool {
	return target == b.imports || strings.HasSuffix(b.imports, "/") && strings.HasPrefix(target, b.imports)
}

func (b ban) allows(name string) bool {
	return slices.ContainsFunc(b.except, func(place string) bool {
		if place == "." {
			return path.Dir(name) == "."
		}
		return name == place || strings.HasPrefix(name, place+"/")
	})
}

func bannedName(name string, imports map[string]string, sel *ast.SelectorExpr) string {
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, b := range bans {
		named := slices.ContainsFunc(b.names,
			func(prefix string) bool { return strings.HasPrefix(sel.Sel.Name, prefix) })
		if named && b.covers(imports[pkg.Name]) && !b.allows(name) {
			return b.why
		}
	}
	return ""
}

// isTempCall recognises os.MkdirTemp("", …) and os.CreateTemp("", …).
func isTempCall(imports map[string]string, call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "MkdirTemp" && sel.Sel.Name != "CreateTemp" {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok || imports[pkg.Name] != "os" {
		return false
	}
	dir, ok := call.Args[0].(*ast.BasicLit)
	return ok && dir.Value == `""`
}

func lengths(fset *token.FileSet, file *ast.File) []string {
	var found []string
	lines := func(n ast.Node) int { return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1 }
	total := fset.File(file.Pos()).LineCount()
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if n := lines(decl); n > maxFunction {
				found = append(found,
					fmt.Sprintf("%s: func %s has %d lines, at most %d are read with pleasure",
						fset.Position(decl.Pos()), decl.Name.Name, n, maxFunction))
			}
		case *ast.GenDecl:
			if decl.Tok == token.VAR || decl.Tok == token.CONST {
				total -= lines(decl)
			}
		}
	}
	if total > maxFile {
		found = append(found,
			fmt.Sprintf("%s: has %d lines beside its tables, at most %d", fset.Position(file.Pos()).Filename, total,
				maxFile))
	}
	return found
}

func TestImportsAndLengths(t *testing.T) {
	files := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() && name != "." && (base == "testdata" || strings.HasPrefix(base, ".") ||
			strings.HasPrefix(base, "_")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			return err
		}
		files++
		for _, v := range violations(name, source) {
			t.Error(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Errorf("only %d files were looked at", files)
	}
}

// The buildpack parses every Go file in the root, whatever its build tags.
func TestRootHoldsOnePackage(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Error(err)
			continue
		}
		if file.Name.Name != "pyexec" {
			t.Errorf("%s: is package %s: the buildpack takes all files of the root for one package", name,
				file.Name.Name)
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "//go:build") {
					t.Errorf("%s: has a build constraint, which the buildpack does not respect", name)
				}
			}
		}
	}
}
