package bench_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// helloScript is what hello has run, as a program.
const helloScript = "def main():\n    print('Hello World')\n    return {'message': 'success', 'value': 42}\nmain()\n"

// others measures other ways to run a script, those that are on the PATH, with the
// interpreter that we have and the isolation that their names come with here.
func (t *table) others(b *testing.B) {
	prefix := filepath.Dir(filepath.Dir(t.python))
	for _, o := range []struct {
		name, program string
		args          []string
	}{
		{"bwrap: namespaces, read-only root", "bwrap", []string{"--unshare-all", "--die-with-parent", "--new-session",
			"--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--ro-bind", prefix, prefix,
			t.python, "-I", "-S", "-c", helloScript}},
		{"nsjail: namespaces, read-only root, rlimits", "nsjail", []string{"-Mo", "-Q", "--chroot", "/",
			"--", t.python, "-I", "-S", "-c", helloScript}},
	} {
		if _, err := exec.LookPath(o.program); err != nil {
			t.rows = append(t.rows, row{name: o.program + " is not installed"})
			continue
		}
		t.other(b, o.name, func() error {
			out, err := exec.Command(o.program, o.args...).CombinedOutput()
			if err == nil && string(out) != "Hello World\n" {
				err = fmt.Errorf("%s: %s", o.program, out)
			}
			return err
		})
	}
	t.judge(b)
}

// other adds two rows of another way: its figures stand where the bare interpreter's do.
func (t *table) other(b *testing.B, name string, do func() error) {
	if err := do(); err != nil {
		t.rows = append(t.rows, row{name: fmt.Sprintf("%s: can't run here: %v", name, err)})
		return
	}
	t.rows = append(t.rows,
		row{name, "p50 ms", t.valueOf("a run, back to back, p50"), ms(bestMedian(b, do))},
		row{"  as many as cores", "/s", t.valueOf("good answers, 8 callers"), bestRate(b, do)})
}

// valueOf are the values of the row with that name.
func (t *table) valueOf(name string) []float64 {
	for _, r := range t.rows {
		if r.name == name {
			return r.values
		}
	}
	return nil
}

// judge measures go-judge, which runs programs over HTTP in containers that it has ready.
func (t *table) judge(b *testing.B) {
	program, err := exec.LookPath("go-judge")
	if err != nil {
		t.rows = append(t.rows, row{name: "go-judge is not installed"})
		return
	}
	ports, err := testbed.FreePorts(1)
	if err != nil {
		b.Fatal(err)
	}
	addr := net.JoinHostPort("127.0.0.1", fmt.Sprint(ports[0]))
	prefix := filepath.Dir(filepath.Dir(t.python))
	mounts := filepath.Join(b.TempDir(), "mount.yaml")
	text := "mount:\n"
	for _, dir := range []string{"/bin", "/lib", "/lib64", "/usr", prefix} {
		text += fmt.Sprintf("- {type: bind, source: %s, target: %s, readonly: true}\n", dir, dir)
	}
	for _, device := range []string{"/dev/null", "/dev/urandom"} {
		text += fmt.Sprintf("- {type: bind, source: %s, target: %s}\n", device, device)
	}
	text += "- {type: tmpfs, target: /w, data: 'size=64m,nr_inodes=4k'}\nworkDir: /w\nproc: true\n"
	if err := os.WriteFile(mounts, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, "-http-addr", addr, "-mount-conf", mounts, "-silent")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	body := fmt.Sprintf(`{"cmd":[{"args":[%q,"-I","-S","-c",%q],"env":[],"files":[{"content":""},`+
		`{"name":"stdout","max":10240},{"name":"stderr","max":10240}],"cpuLimit":10000000000,`+
		`"memoryLimit":536870912,"procLimit":50}]}`, t.python, helloScript)
	do := func() error { return judged("http://"+addr+"/run", body) }
	for began := time.Now(); do() != nil && time.Since(began) < 5*time.Second; {
		time.Sleep(50 * time.Millisecond)
	}
	t.other(b, "go-judge: namespaces, control groups, rlimits", do)
}

func judged(url, body string) error {
	resp, err := http.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && !strings.Contains(string(text), `"stdout":"Hello World\n"`) {
		err = fmt.Errorf("go-judge: %.300s", text)
	}
	return err
}
