package deploy_test

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// image is an image that was built for the tests.
type image struct {
	name string // with which podman runs it
	id   string
}

// builder makes images by the Dockerfile.
type builder struct {
	base string // name of the image that stands in for the official one
}

// loaders are where each architecture has its dynamic loader, and its libraries.
var loaders = map[string]struct{ loader, libraries string }{
	"amd64": {"/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu"},
	"arm64": {"/lib/ld-linux-aarch64.so.1", "/lib/aarch64-linux-gnu"},
}

// newBuilder makes the base image of the build stage out of this machine's own
// shell, C library and certificates. Go is mounted into it. A registry is
// neither needed nor asked.
func newBuilder(t *testing.T) *builder {
	t.Helper()
	dir := t.TempDir()
	place, ok := loaders[runtime.GOARCH]
	if !ok {
		t.Fatalf("architecture %s: where is its dynamic loader", runtime.GOARCH)
	}
	files := map[string]string{
		"/bin/sh":                            "/bin/sh",
		place.loader:                         place.loader,
		"/etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt",
	}
	for _, lib := range []string{"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1",
		"libutil.so.1", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1", "libcrypt.so.1"} {
		files[filepath.Join(place.libraries, lib)] = filepath.Join(place.libraries, lib)
	}
	for to, from := range files {
		data, err := os.ReadFile(from)
		must(t, err)
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, to), data, 0o755))
	}
	for _, name := range []string{"tmp", "root", "proc", "sys", "dev", "go", "usr/local/go"} {
		must(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(dir, "etc/passwd"), []byte("root:x:0:0:root:/root:/bin/sh\n"), 0o644))
	b := &builder{base: fmt.Sprintf("localhost/pyexec-build-base:%d", os.Getpid())}
	archive := filepath.Join(t.TempDir(), "base.tar")
	output(t, "tar", "-C", dir, "-cf", archive, ".")
	output(t, "podman", "import", "--change", "ENV GOPATH=/go", "--change", "ENV GOCACHE=/go/cache", "--change",
		"ENV PATH=/go/bin:/usr/local/go/bin:/usr/bin:/bin", archive, b.base)
	t.Cleanup(func() { output(t, "podman", "rmi", "--force", b.base) })
	return b
}

// build runs the Dockerfile over the sources in dir. Nothing is taken from an
// earlier build but what the Go toolchain itself remembers.
func (b *builder) build(t *testing.T, dir, tag string, more ...string) image {
	t.Helper()
	img := image{name: fmt.Sprintf("localhost/pyexec-test:%s-%d", tag, os.Getpid())}
	args := append([]string{"bud", "--isolation", "chroot", "--no-cache", "--layers=false", "--timestamp", "0",
		"--tag", img.name,
		"--volume", output(t, "go", "env", "GOROOT") + ":/usr/local/go:ro",
		"--volume", output(t, "go", "env", "GOMODCACHE") + ":/go/pkg/mod",
		"--volume", output(t, "go", "env", "GOCACHE") + ":/go/cache",
		"--build-arg", "GO_IMAGE=" + b.base,
		"--build-arg", "GOPROXY=" + output(t, "go", "env", "GOPROXY"),
	}, more...)
	if _, err := os.Stat("/etc/pip.conf"); err == nil { // this machine's way to packages
		args = append(args, "--volume", "/etc/pip.conf:/etc/pip.conf:ro")
	}
	start := time.Now()
	cmd := exec.CommandContext(t.Context(), "buildah", append(args, dir)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "index:") {
			need.Unmet(t, "packages cannot be installed here: %s", out)
		}
		t.Fatalf("buildah: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("podman", "rmi", "--force", img.name).Run() })
	img.id = output(t, "podman", "image", "inspect", "--format", "{{.Id}}", img.name)
	t.Logf("built %s in %v", img.name, time.Since(start).Round(time.Second))
	return img
}

// sources copies the module as it is checked out, so that everything about the
// copy is different but what the files hold: time stamps, the path, the modes
// that a umask takes away. Tests are left out.
func sources(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" {
			return skip(d)
		}
		to := filepath.Join(dir, strings.TrimPrefix(path, root))
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		if !d.Type().IsRegular() || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o600)
	})
	must(t, err)
	return dir
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// entry is one file of an image.
type entry struct {
	tar.Header
}

// files lists what is in the image, by its path without the leading slash.
func (img image) files(t *testing.T) map[string]*entry {
	t.Helper()
	dir := t.TempDir()
	archive := filepath.Join(dir, "image.tar")
	output(t, "podman", "save", "--format", "docker-archive", "--output", archive, img.name)
	all := map[string]*entry{}
	readTar(t, archive, func(h *tar.Header, r io.Reader) {
		if !strings.HasSuffix(h.Name, ".tar") {
			return
		}
		layer := filepath.Join(dir, "layer.tar")
		out, err := os.Create(layer)
		must(t, err)
		_, err = io.Copy(out, r)
		must(t, err)
		must(t, out.Close())
		readTar(t, layer, func(h *tar.Header, _ io.Reader) {
			all[strings.Trim(h.Name, "./")] = &entry{*h}
		})
	})
	return all
}

func readTar(t *testing.T, name string, each func(*tar.Header, io.Reader)) {
	t.Helper()
	f, err := os.Open(name)
	must(t, err)
	defer f.Close()
	r := tar.NewReader(f)
	for {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		must(t, err)
		each(h, r)
	}
}

// unpacked is the size of the image's files, in bytes.
func (img image) unpacked(t *testing.T) float64 {
	t.Helper()
	size, err := strconv.ParseFloat(output(t, "podman", "image", "inspect", "--format", "{{.Size}}", img.name), 64)
	must(t, err)
	return size
}

// isStated compares a size in bytes with what docs/deploy.md says of an image, which may
// be 3 % beside it, or 2 MB.
func isStated(t *testing.T, what string, size float64) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs/deploy.md"))
	must(t, err)
	row := regexp.MustCompile("(?m)^\\| `?" + regexp.QuoteMeta(what) + "`? \\| ([0-9]+) \\|$")
	found := row.FindSubmatch(page)
	if found == nil {
		t.Fatalf("docs/deploy.md has no size of %s", what)
	}
	stated, err := strconv.ParseFloat(string(found[1]), 64)
	must(t, err)
	if math.Abs(stated*1e6-size) > max(0.03*size, 2e6) {
		t.Errorf("%s: %.0f MB, docs/deploy.md says %.0f", what, size/1e6, stated)
	}
}

// compressed is the size of what a registry would hold, in bytes.
func (img image) compressed(t *testing.T) (size int64) {
	t.Helper()
	dir := t.TempDir()
	output(t, "podman", "push", "--compress", img.name, "dir:"+dir)
	blobs, err := os.ReadDir(dir)
	must(t, err)
	for _, b := range blobs {
		info, err := b.Info()
		must(t, err)
		size += info.Size()
	}
	return size
}
