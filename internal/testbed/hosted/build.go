// Package hosted builds and runs the function as the platform of Cloud Functions does,
// for tests: with the main that its buildpack generates, from what gcloud uploads, as
// an ordinary user without a home.
package hosted

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// generatedMain is what the Go buildpack writes around a function, except that
// it listens on the loopback interface only.
const generatedMain = `package main

import (
	"log"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	_ "github.com/pyexec/pyexec"
)

func main() {
	if err := funcframework.StartHostPort("127.0.0.1", os.Getenv("PORT")); err != nil {
		log.Fatalf("funcframework.Start: %v\n", err)
	}
}
`

// nobody is the uid and gid of an ordinary user.
const nobody = 65534

// notUploaded are parts of the tree that .gcloudignore keeps from the platform.
var notUploaded = []string{".git", ".ci", "docs", "deploy", "testdata", "testbed"}

// App is the function as the platform builds it.
type App struct {
	program string
	source  string // the uploaded tree, nobody's to write
	tmp     string // the one directory that the process may write to
}

// Build compiles the function in root, the directory of its module, the way the
// platform does: what gcloud uploads, as a module that a generated main, in another
// module, imports.
func Build(t *testing.T, root string) App {
	t.Helper()
	dir := t.TempDir()
	app := App{program: filepath.Join(dir, "app"), source: filepath.Join(dir, "source"),
		tmp: filepath.Join(dir, "tmp")}
	upload(t, root, app.source)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module github.com/pyexec/pyexec", "module functions.local/app", 1) +
		"\nrequire github.com/pyexec/pyexec v0.0.0\n\nreplace github.com/pyexec/pyexec => " + app.source + "\n"
	for name, content := range map[string]string{"go.mod": text, "go.sum": string(sum), "main.go": generatedMain} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-mod=mod", "-o", app.program, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.Mkdir(app.tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		// An ordinary user has to get there: TempDir's parent is private.
		for _, d := range []string{dir, filepath.Dir(dir)} {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chown(app.tmp, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return app
}

// upload copies what gcloud would upload, for everybody to read and nobody to
// write.
func upload(t *testing.T, root, to string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case d.IsDir() && slices.Contains(notUploaded, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case strings.HasSuffix(name, "_test.go") || !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o444)
	})
	if err != nil {
		t.Fatal(err)
	}
}
