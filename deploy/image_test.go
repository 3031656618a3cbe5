package deploy_test

import (
	"debug/buildinfo"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// keep names the image that is left in podman's store, for other suites.
var keep = flag.String("keep", "", "leave the image there under this `name`, that with packages with -data behind it")

// raced says that the race detector is in this binary.
var raced bool

// The most that the image may be, in bytes: unpacked, and in a registry.
const (
	mostUnpacked   = 95e6
	mostCompressed = 40e6
)

// buildsImage skips where an image is not to be built. CI runs all tests with the
// race detector and then, without it, those that this leaves out.
func buildsImage(t *testing.T) {
	t.Helper()
	if raced {
		need.Elsewhere(t, "the race detector sees nothing of an image")
	}
	need.Time(t, "builds an image")
}

// TestImage builds the image as a user does and looks at it from all sides.
func TestImage(t *testing.T) {
	buildsImage(t)
	need.Programs(t, "root", "buildah", "podman", "runc", "runsc")
	b := newBuilder(t)
	img := b.build(t, root, "a", "--build-arg", "VERSION=v1.2.3")
	t.Run("is small", func(t *testing.T) { isSmall(t, img) })
	t.Run("holds nothing else", func(t *testing.T) { holdsNothingElse(t, img) })
	t.Run("lists what is in it", func(t *testing.T) { listsWhatIsInIt(t, img) })
	t.Run("says what it is", func(t *testing.T) { saysWhatItIs(t, img) })
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) { runsIn(t, img, p) })
	}
	t.Run("says what to change", func(t *testing.T) { saysWhatToChange(t, img) })
	t.Run("holds what is hostile", func(t *testing.T) { holdsWhatIsHostile(t, img) })
	t.Run("holds what is hostile, from outside",
		func(t *testing.T) { holdsFromOutside(t, img, "imports-checked", "imports-free") })
	t.Run("is the same again", func(t *testing.T) {
		again := b.build(t, sources(t), "b", "--build-arg", "VERSION=v1.2.3")
		if again.id != img.id {
			t.Errorf("the same sources gave image %s and image %s", img.id, again.id)
		}
	})
	if *keep != "" {
		output(t, "podman", "tag", img.name, *keep)
	}
}

func isSmall(t *testing.T, img image) {
	unpacked := img.unpacked(t)
	compressed := float64(img.compressed(t))
	t.Logf("%.1f MB unpacked, %.1f MB compressed", unpacked/1e6, compressed/1e6)
	isStated(t, "plain", unpacked)
	if unpacked > mostUnpacked || compressed > mostCompressed {
		t.Errorf("%.1f MB unpacked and %.1f MB compressed, at most %.0f and %.0f", unpacked/1e6, compressed/1e6,
			mostUnpacked/1e6, mostCompressed/1e6)
	}
}

// belongs are the files of the image. In the jail are, besides a Python, what it has said of
// itself and the harness as it compiles it.
var belongs = regexp.MustCompile(`^(server|probe|sbom\.cdx\.json|jail/python/(bin/python3\.11|lib/.*|\.identity|harness-[0-9a-f]{16})|etc/ssl/certs/ca-certificates\.crt|(jail/)?(usr/)?lib(64)?/[^/]*/?(ld-linux-[^/]*|lib[^/]*)\.so[.0-9]*)$`)

// unwanted are parts of CPython that no script can use.
var unwanted = regexp.MustCompile(`/(tkinter|idlelib|ensurepip|test|tests|turtledemo|lib2to3)/|libpython3\.(11\.)?so$|\.a$`)

func holdsNothingElse(t *testing.T, img image) {
	files := img.files(t)
	compiled := 0
	for name, f := range files {
		mode := f.FileInfo().Mode()
		switch {
		case f.FileInfo().IsDir():
			want := os.ModeDir | 0o755
			if name == "jail" { // a root of scripts, which they can't list
				want = os.ModeDir | 0o711
			}
			if mode != want && name != "tmp" {
				t.Errorf("%s: mode %v, want %v", name, mode, want)
			}
			continue
		case !belongs.MatchString(name) || unwanted.MatchString(name):
			t.Errorf("%s does not belong into the image", name)
		case mode&(os.ModeSetuid|os.ModeSetgid|0o022) != 0 && mode&os.ModeSymlink == 0:
			t.Errorf("%s: mode %v", name, mode)
		case f.Uid != 0 || f.Gid != 0:
			t.Errorf("%s: belongs to %d:%d", name, f.Uid, f.Gid)
		case path.Ext(name) == ".py":
			if pyc := path.Join(path.Dir(name), "__pycache__",
				strings.TrimSuffix(path.Base(name), ".py")+".cpython-311.pyc"); files[pyc] == nil {
				t.Errorf("%s is not compiled", name)
			}
			compiled++
		}
	}
	if tmp := files["tmp"]; tmp == nil || tmp.FileInfo().Mode() != os.ModeDir|os.ModeSticky|0o777 {
		t.Errorf("tmp: %v", tmp)
	}
	if compiled < 500 {
		t.Errorf("only %d modules", compiled)
	}
}

// listsWhatIsInIt compares the image's own list with its files.
func listsWhatIsInIt(t *testing.T, img image) {
	id := output(t, "podman", "create", img.name)
	defer output(t, "podman", "rm", "--force", id)
	dir := t.TempDir()
	output(t, "podman", "cp", id+":/sbom.cdx.json", dir)
	output(t, "podman", "cp", id+":/server", dir)
	text, err := os.ReadFile(filepath.Join(dir, "sbom.cdx.json"))
	must(t, err)
	var sbom struct {
		Components []struct {
			Ref     string `json:"bom-ref"`
			Name    string
			Version string
		}
	}
	must(t, json.Unmarshal(text, &sbom))
	listed := map[string]bool{}
	for _, c := range sbom.Components {
		listed[c.Ref], listed[c.Name] = true, true
	}
	info, err := buildinfo.ReadFile(filepath.Join(dir, "server"))
	must(t, err)
	for _, m := range info.Deps {
		if ref := "pkg:golang/" + m.Path + "@" + m.Version; !listed[ref] {
			t.Errorf("%s is not listed", ref)
		}
	}
	for _, name := range []string{"python", "openssl", "libexpat", "sqlite", "zlib"} {
		if !listed[name] {
			t.Errorf("%s is not listed", name)
		}
	}
	distribution := regexp.MustCompile(`/([^/]+)-([^/-]+)\.dist-info/METADATA$`)
	for name, f := range img.files(t) {
		if m := distribution.FindStringSubmatch(name); m != nil {
			if ref := "pkg:pypi/" + strings.ToLower(strings.NewReplacer("_", "-", ".",
				"-").Replace(m[1])) + "@" + m[2]; !listed[ref] {
				t.Errorf("%s is not listed", ref)
			}
		}
		if f.FileInfo().Mode().IsRegular() && regexp.MustCompile(`^jail/(usr/)?lib(64)?/`).MatchString(name) &&
			!listed["/"+name] {
			t.Errorf("%s is not listed", name)
		}
	}
}

func saysWhatItIs(t *testing.T, img image) {
	var config struct {
		Entrypoint       []string
		Env              []string
		Labels           map[string]string
		StopSignal, User string
		ExposedPorts     map[string]struct{}
		Cmd              []string
	}
	must(t, json.Unmarshal([]byte(output(t, "podman", "image", "inspect", "--format", "{{json .Config}}",
		img.name)), &config))
	got := fmt.Sprintln(config.Entrypoint, config.Cmd, config.StopSignal, config.User, config.ExposedPorts)
	if want := "[/server] [] SIGTERM 0:0 map[8080/tcp:{}]\n"; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	for name, want := range map[string]string{"title": "pyexec", "version": "v1.2.3",
		"source": "https://github.com/pyexec/pyexec"} {
		if got := config.Labels["org.opencontainers.image."+name]; got != want {
			t.Errorf("label %s: %q, want %q", name, got, want)
		}
	}
	for _, want := range []string{"PYTHON_HOME=/jail/python", "XDG_CACHE_HOME=/tmp"} {
		if !strings.Contains(strings.Join(config.Env, "\n"), want) {
			t.Errorf("environment %q, want %s", config.Env, want)
		}
	}
}
