package deploy_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// environmentPlaces are where the image with environments runs: each posture, as root and
// as another uid, with and without anything to write to.
var environmentPlaces = []string{
	"runc, read-only", "runc, an arbitrary uid, read-only", "runc, no namespaces",
	"runc, no namespaces, an arbitrary uid", "gVisor, an arbitrary uid, read-only",
}

// TestEnvironmentsImage builds the image with cmd/packages/environments-3.14.toml, by the
// line in the Dockerfile as gcloud run deploy --source has it, and asks each of its
// environments for an answer.
func TestEnvironmentsImage(t *testing.T) {
	buildsImage(t)
	need.Programs(t, "root", "buildah", "podman", "runc", "runsc")
	dir := sources(t)
	sets(t, dir, "ENVIRONMENTS", "cmd/packages/environments-3.14.toml")
	img := newBuilder(t).build(t, dir, "environments")
	if *keep != "" {
		output(t, "podman", "tag", img.name, *keep+"-environments")
	}
	t.Run("sizes", func(t *testing.T) { environmentSizes(t, img) })
	t.Run("lists what is in it", func(t *testing.T) { listsWhatIsInIt(t, img) })
	for _, p := range places {
		for _, name := range environmentPlaces {
			if p.name == name {
				t.Run(name, func(t *testing.T) { runsIn(t, img, p, runsEnvironments, runsHint, copiesNothing(img)) })
			}
		}
	}
}

// sets changes the value of an argument in the Dockerfile of sources, by the command that
// docs/deploy.md has for it.
func sets(t *testing.T, dir, argument, value string) {
	t.Helper()
	file := filepath.Join(dir, "Dockerfile")
	before, err := os.ReadFile(file)
	must(t, err)
	output(t, "sed", "-i.bak", "s|^ARG "+argument+"=.*|ARG "+argument+"="+value+"|", file)
	after, err := os.ReadFile(file)
	must(t, err)
	if want := strings.Replace(string(before), "\nARG "+argument+"=\n", "\nARG "+argument+"="+value+"\n",
		1); string(after) != want || want == string(before) {
		t.Fatalf("Dockerfile: not one line has changed:\n%s", after)
	}
}

// asksPandas runs in an environment with the data set.
const asksPandas = "import sys, pandas, numpy, sklearn.linear_model, scipy.stats, matplotlib.pyplot as plt\n" +
	"def main():\n    plt.plot([1, 2])\n    return [sys.version_info[:2], int(pandas.Series([1, 2]).sum()), " +
	"scipy.stats.norm.cdf(0)]"

// runsEnvironments asks each environment, by its name and by what a script needs.
func runsEnvironments(t *testing.T, url string) {
	const header = "# /// script\n# requires-python = '>=3.14'\n# dependencies = ['pandas', 'pillow']\n# ///\n"
	c := &running{url: url}
	for _, tt := range []struct{ environment, script, want string }{
		{"", "import sys\ndef main():\n    return [sys.version_info[:2]]", `{"result":[[3,11]],`},
		{"data", asksPandas, `{"result":[[3,11],3,0.5],`},
		{"data-3.14", asksPandas, `{"result":[[3,14],3,0.5],`},
		{"", header + asksPandas, `{"result":[[3,14],3,0.5],`},
	} {
		request := map[string]string{"script": tt.script}
		if tt.environment != "" {
			request["environment"] = tt.environment
		}
		body, err := json.Marshal(request)
		must(t, err)
		if code, got := c.ask(t.Context(), http.MethodPost, "/execute", string(body)); code != http.StatusOK ||
			!strings.HasPrefix(got, tt.want) || strings.Contains(tt.script, "plt") && !strings.Contains(got, `"figures":`) {
			t.Errorf("%q: %d %.300s, want %s", tt.environment, code, got, tt.want)
		}
	}
	var told struct {
		Environments []struct{ Name string }
	}
	_, body := c.ask(t.Context(), http.MethodGet, "/capabilities", "")
	if err := json.Unmarshal([]byte(body), &told); err != nil ||
		fmt.Sprint(told.Environments) != "[{default} {data} {data-3.14}]" {
		t.Errorf("%v, %v", told, err)
	}
}

// runsHint has the default environment lack what another has.
func runsHint(t *testing.T, url string) {
	c := &running{url: url}
	code, got := c.ask(t.Context(), http.MethodPost, "/execute", `{"script": "import sklearn\ndef main(): pass"}`)
	if want := `"hint":"The environment \"data\" has it: send \"environment\": \"data\"."`; code != http.StatusUnprocessableEntity ||
		!strings.Contains(got, want) {
		t.Errorf("%d %s, want %s", code, got, want)
	}
}

// copiesNothing says what the running container has written after a run in each
// environment: a copy of one would be 640 MB.
func copiesNothing(img image) func(t *testing.T, url string) {
	return func(t *testing.T, _ string) {
		id := output(t, "podman", "ps", "--quiet", "--filter", "ancestor="+img.name)
		size := output(t, "podman", "container", "inspect", "--size", "--format", "{{.SizeRw}}", id)
		written, err := strconv.Atoi(size)
		if err != nil || written > 4e6 {
			t.Errorf("%d bytes written into the container, %v", written, err)
		}
		t.Logf("%d bytes written into the container", written)
	}
}

// environmentSizes prints what each environment adds, files that several have being there
// once, and compares that with docs/deploy.md.
func environmentSizes(t *testing.T, img image) {
	dir := output(t, "podman", "image", "mount", img.name)
	defer output(t, "podman", "image", "unmount", img.name)
	seen, links := map[uint64]bool{}, 0
	size := func(below string, leave string) (sum int64) {
		err := filepath.WalkDir(filepath.Join(dir, below), func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == leave {
				return skip(d)
			}
			info, err := d.Info()
			st, ok := info.Sys().(*syscall.Stat_t)
			if err != nil || !ok || !info.Mode().IsRegular() {
				return err
			}
			if seen[st.Ino] {
				links++
				return nil
			}
			seen[st.Ino] = true
			sum += info.Size()
			return nil
		})
		must(t, err)
		return sum
	}
	plain := size("", filepath.Join(dir, "environments"))
	data, later := size("environments/data", ""), size("environments/data-3.14", "")
	unpacked := img.unpacked(t)
	isStated(t, "plain", float64(plain))
	isStated(t, "ENVIRONMENTS=cmd/packages/environments.toml", unpacked-float64(later))
	isStated(t, "ENVIRONMENTS=cmd/packages/environments-3.14.toml", unpacked)
	t.Logf("plain %d MB, data %d MB more, data-3.14 %d MB more; %.0f MB by podman, %.0f MB compressed; %d links",
		plain/1e6, data/1e6, later/1e6, unpacked/1e6, float64(img.compressed(t))/1e6, links)
	if links < 3000 {
		t.Errorf("%d files are links: those that environments share are there several times", links)
	}
}
