package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// wallClock are the names in package time that make a time without a monotonic
// reading, or take it away. A duration measured with such a time is wrong when
// somebody sets the clock.
var wallClock = map[string]bool{
	"Unix": true, "UnixMilli": true, "UnixMicro": true, "UnixNano": true, "Date": true, "Parse": true,
	"ParseInLocation": true,
	"UTC":             true, "Local": true, "In": true, "AddDate": true, "MarshalJSON": true, "GobEncode": true,
}

// wallClockAt is where such names may be used, in files with no other use of
// package time.
var wallClockAt = map[string]string{
	"internal/filetree/settle.go":        "the time that files of an image, and unpacked ones, are given",
	"internal/gcp/entry.go":              "reads the time in a line of the log",
	"internal/gcp/tokens.go":             "a token says at what time it ends",
	"runtime/internal/zygote/capture.go": "a deadline that is long past",
	"runtime/internal/packages/shelf/asked.go": "when an index was asked has to outlast the process; a time to come " +
		"counts as long ago",
	"runtime/internal/python/verify.go": "shows when a file was changed",
}

// The clock of a machine can be set, backwards too. Nothing depends on it: Go
// measures with the monotonic clock as long as nobody takes that reading away,
// and the interpreter's side uses no other either (ITIMER_REAL, for all its
// name, runs on CLOCK_MONOTONIC in the kernel).
func TestTheClockMayBeSet(t *testing.T) {
	python := regexp.MustCompile(`CLOCK_REALTIME|\btime\.(time|localtime|gmtime)\b|from time import .*\btime\b|` +
		`(import|from) datetime|\b(now|utcnow|today)\(`)
	seen := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
			return err
		}
		switch filepath.Ext(name) {
		case ".go":
			seen++
			for _, found := range wallClockUses(t, name) {
				if wallClockAt[name] == "" {
					t.Errorf("%s: reads the clock on the wall", found)
				}
			}
		case ".py":
			if !strings.HasPrefix(name, "runtime/") {
				return nil
			}
			seen++
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if found := python.Find(text); found != nil {
				t.Errorf("%s: %s: reads the clock on the wall", name, found)
			}
		}
		return nil
	})
	if err != nil || seen < 50 {
		t.Fatalf("%d files: %v", seen, err)
	}
}

// wallClockUses finds the names in a file that imports package time.
func wallClockUses(t *testing.T, name string) (found []string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	imports := false
	for _, spec := range file.Imports {
		imports = imports || spec.Path.Value == `"time"`
	}
	if !imports {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		// url.Parse and the like are something else.
		s, ok := n.(*ast.SelectorExpr)
		if ok && s.Sel.Name == "Parse" {
			pkg, named := s.X.(*ast.Ident)
			ok = named && pkg.Name == "time"
		}
		if ok && wallClock[s.Sel.Name] {
			found = append(found, fset.Position(s.Pos()).String()+": "+s.Sel.Name)
		}
		return true
	})
	return found
}
