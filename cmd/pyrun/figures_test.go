package main

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// dataPackages are the packages of cmd/packages/data.txt, or the directory of them
// that the checks made for all tests.
func dataPackages(t *testing.T) string {
	t.Helper()
	need.Time(t, "installs packages")
	if dir := os.Getenv("PYEXEC_TEST_PACKAGES"); dir != "" {
		return dir
	}
	path, err := filepath.Abs("../../cmd/packages/data.txt")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A figure that matplotlib drew is saved, and told where it is not.
func TestFigures(t *testing.T) {
	packages := dataPackages(t)
	var service testService
	t.Cleanup(func() {
		if err := service.close(); err != nil {
			t.Error(err)
		}
	})
	if err := service.start(packages); err != nil {
		if strings.Contains(err.Error(), "index:") {
			need.That(t, "the data packages from an index", err)
		}
		t.Fatal(err)
	}
	t.Setenv("PYTHON_PACKAGES", packages)
	for name, where := range map[string][]string{"here": nil, "on a service": {"--url", service.http.URL}} {
		t.Run(name, func(t *testing.T) {
			const script = "import matplotlib.pyplot as plt\ndef main():\n    plt.plot([1, 4, 9])\n    " +
				"print('plotted')\n    return 3"
			dir := t.TempDir()
			got := pyrun(t, dir, script, append(where, "-", "--out", "out")...)
			if got != (ended{0, "plotted\n3\n", ""}) {
				t.Fatalf("%+v", got)
			}
			f, err := os.Open(filepath.Join(dir, "out", "figure-1.png"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			picture, err := png.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			if size := picture.Bounds().Size(); size.X < 300 || size.Y < 200 {
				t.Errorf("a picture of %v", size)
			}
			if files, err := os.ReadDir(filepath.Join(dir, "out")); err != nil || len(files) != 1 {
				t.Errorf("%v, %v", files, err)
			}
			got = pyrun(t, dir, script, append(where, "-")...)
			if want := "pyrun: 1 figure or other form of the result came back: --out DIR saves it\n"; got != (ended{0,
				"plotted\n3\n", want}) {
				t.Errorf("%+v", got)
			}
		})
	}
}
