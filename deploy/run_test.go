package deploy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/readme"
)

// place is a way to run the image.
type place struct {
	name, posture, runtime string
	args                   []string
}

// noNamespaces is a seccomp profile like Docker's own, which grants none.
const noNamespaces = "seccomp=../internal/testbed/seccomp-no-namespaces.json"

// readOnly leaves nothing to write to but /dev/shm.
var readOnly = []string{"--read-only", "--read-only-tmpfs=false"}

var places = []place{
	{"runc", "full", "runc", nil},
	{"runc, read-only", "full", "runc", readOnly},
	{"runc, an arbitrary uid, read-only", "user", "runc", append([]string{"--user", "12345:0"}, readOnly...)},
	{"runc, privileged", "full", "runc", []string{"--privileged"}},
	{"runc, privileged, read-only", "full", "runc", append([]string{"--privileged"}, readOnly...)},
	{"runc, privileged, an arbitrary uid, read-only", "user", "runc",
		append([]string{"--privileged", "--user", "12345:0"}, readOnly...)},
	{"runc, no namespaces", "container", "runc", []string{"--security-opt", noNamespaces}},
	// Here the root of scripts is built of copies, which /dev/shm forbids to execute.
	{"runc, no namespaces, read-only", "container", "runc",
		append([]string{"--security-opt", noNamespaces, "--tmpfs", "/tmp:exec"}, readOnly...)},
	// Here it is the image's own: what is written to is mounted, and no copy could be run.
	{"runc, no namespaces, read-only, mounted", "container", "runc",
		append([]string{"--security-opt", noNamespaces, "--tmpfs", "/tmp:noexec", "--tmpfs", "/jail/dev",
			"--tmpfs", "/jail/runs"}, readOnly...)},
	{"runc, no namespaces, an arbitrary uid", "landlock", "runc",
		[]string{"--security-opt", noNamespaces, "--user", "12345:0"}},
	{"gVisor", "gVisor", "runsc", nil},
	{"gVisor, read-only", "gVisor", "runsc", readOnly},
	{"gVisor, an arbitrary uid, read-only", "gVisor", "runsc", append([]string{"--user", "12345:0"}, readOnly...)},
}

// saysWhatToChange starts the image where scripts can be shut in neither in the
// image's own jail, which is read-only, nor in a copy, from which no program may
// be started. The server and the probe say so.
func saysWhatToChange(t *testing.T, img image) {
	p := place{runtime: "runc",
		args: append([]string{"--security-opt", noNamespaces, "--tmpfs", "/tmp:noexec"}, readOnly...)}
	for _, program := range []string{"/server", "/probe"} {
		out, err := exec.CommandContext(t.Context(), "podman",
			p.podman(t, "run", "--rm", "--entrypoint", program, img.name)...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out),
			"mounted noexec") || !strings.Contains(string(out), "--tmpfs /tmp:exec") {
			t.Errorf("%s: %v: %s", program, err, out)
		}
	}
}

// limits have to be given: where the machine's own are lower than podman's
// defaults, no container starts.
var limits = []string{"--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"}

// running is a container.
type running struct {
	id, url string
}

// podman are the arguments that run the image in a place.
func (p place) podman(t *testing.T, command string, more ...string) []string {
	t.Helper()
	program, err := exec.LookPath(p.runtime)
	must(t, err)
	args := append([]string{"--runtime", program, command, "--timeout", "600"}, limits...)
	return append(append(args, p.args...), more...)
}

// start starts the image and returns when it has answered rightly, and how long
// that took.
func (p place) start(t *testing.T, img image) (*running, time.Duration) {
	t.Helper()
	ports, err := testbed.FreePorts(1)
	must(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", ports[0])
	id := output(t, "podman", p.podman(t, "create", "--publish", address+":8080", img.name)...)
	c := &running{id: id, url: "http://" + address}
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := exec.Command("podman", "logs", id).CombinedOutput()
			t.Logf("its log:\n%.3000s", out)
		}
		output(t, "podman", "rm", "--force", "--time", "0", id)
	})
	begin := time.Now()
	output(t, "podman", "start", id)
	for tries := 0; ; tries++ {
		code, body := c.ask(t.Context(), http.MethodPost, "/execute", `{"script": "def main():\n    return 6 * 7"}`)
		if code == http.StatusOK && body == `{"result":42,"stdout":""}` {
			return c, time.Since(begin)
		}
		// Seldom, because to ask podman takes the processor that the start needs.
		if tries%200 == 199 {
			if state := output(t, "podman", "inspect", "--format", "{{.State.Status}}",
				id); state == "exited" || time.Since(begin) > 3*time.Minute {
				t.Fatalf("no answer, %s: %d %s", state, code, body)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// ask sends a request. The code is 0 and the body the error if there is no reply.
func (c *running) ask(ctx context.Context, method, path, body string) (int, string) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, strings.TrimSpace(string(data))
}

// runsIn starts the image in a place, asks for all that it is for, and stops it.
func runsIn(t *testing.T, img image, p place, more ...func(t *testing.T, url string)) {
	c, took := p.start(t, img)
	t.Logf("first right answer %v after the start of the container", took.Round(time.Millisecond))
	if code, body := c.ask(t.Context(), http.MethodGet, "/health",
		""); code != http.StatusOK || body != `{"status":"healthy"}` {
		t.Errorf("health: %d %s", code, body)
	}
	var offers struct {
		Posture   string          `json:"posture"`
		Isolation map[string]bool `json:"isolation"`
	}
	_, body := c.ask(t.Context(), http.MethodGet, "/capabilities", "")
	if err := json.Unmarshal([]byte(body),
		&offers); err != nil || offers.Posture != p.posture || !offers.Isolation["seccomp"] ||
		!offers.Isolation["no_new_privs"] {
		t.Errorf("capabilities: %v: posture %s, want %s: %v", err, offers.Posture, p.posture, offers.Isolation)
	}
	// What is written is on the way of the first answer: a copy of the
	// interpreter would be 60 MB.
	var written int
	if _, err := fmt.Sscan(output(t, "podman", "container", "inspect", "--size", "--format", "{{.SizeRw}}", c.id),
		&written); err != nil || written > 2e6 {
		t.Errorf("%d bytes written into the container, %v", written, err)
	}
	t.Run("README", func(t *testing.T) { runsREADME(t, c.url) })
	t.Run("probe", func(t *testing.T) {
		// Not by exec: that would join the container as another kind of process.
		out := output(t, "podman", p.podman(t, "run", "--rm", "--entrypoint", "/probe", img.name)...)
		if !strings.Contains(out, "posture: "+p.posture) {
			t.Errorf("probe: %s", out)
		}
	})
	t.Run("smoke test", func(t *testing.T) {
		cmd := exec.Command("./smoke.sh")
		cmd.Env = append(cmd.Environ(), "BASE_URL="+c.url)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	for _, asks := range more {
		asks(t, c.url)
	}
	drains(t, c)
}

func runsREADME(t *testing.T, url string) {
	examples, err := readme.Examples(filepath.Join(root, "README.md"))
	must(t, err)
	for _, e := range examples {
		got, err := e.Run(t.Context(), url)
		if err != nil || got != e.Output {
			t.Errorf("%s: %v\n got %s\nwant %s", e.Name(), err, got, e.Output)
		}
	}
}

// drains stops the container while a run is under way.
func drains(t *testing.T, c *running) {
	t.Helper()
	const script = `{"script": "import time\ndef main():\n    print('on')\n    time.sleep(2)\n    return 'done'"}`
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/execute", strings.NewReader(script))
	must(t, err)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	stream := bufio.NewReader(resp.Body)
	_, err = stream.ReadString('\n') // it runs by now
	must(t, err)
	output(t, "podman", "kill", "--signal", "TERM", c.id)
	rest, err := io.ReadAll(stream)
	must(t, err)
	if !strings.HasSuffix(string(rest), "event: result\ndata: {\"result\":\"done\",\"stdout\":\"on\\n\"}\n\n") {
		t.Errorf("a run when SIGTERM came: %s", rest)
	}
	if code := output(t, "podman", "wait", c.id); code != "0" {
		t.Errorf("exit code %s", code)
	}
}
