package runtime

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// fileStories are scripts that leave something in their directory, and what is to
// come back of it: "name=contents", or "name: why" for a file that does not.
var fileStories = []struct {
	name   string
	script string
	given  []File
	status Status
	want   []string
}{
	{name: "new, changed, unchanged, removed", script: `
import os
def main():
    open('new', 'w').write('n')
    open('dir/changed', 'a').write('!')
    os.remove('removed')
    return open('kept').read()`,
		given: []File{{"kept", []byte("k")}, {"dir/changed", []byte("c")}, {"removed", nil}},
		want:  []string{"dir/changed=c!", "new=n"}},
	{name: "changed at the same size, at once", script: `
def main():
    open('a', 'w').write('2')`, given: []File{{"a", []byte("1")}}, want: []string{"a=2"}},
	{name: "not closed", script: `
left = open('left', 'w')
def main():
    left.write('later')`, want: []string{"left=later"}},
	{name: "gone elsewhere", script: `
import os
def main():
    os.makedirs('a/b'); os.chdir('a/b')
    open('c', 'w').write('here')`, want: []string{"a/b/c=here"}},
	{name: "after an exception", script: `
def main():
    f = open('partial', 'w'); f.write('so far')
    raise ValueError('x')`, status: ScriptError, want: []string{"partial=so far"}},
	{name: "after an exit", script: `
def main():
    open('partial', 'w').write('so far')
    raise SystemExit(3)`, status: Exited, want: []string{"partial=so far"}},
	{name: "after a result that is no JSON", script: `
def main():
    open('partial', 'w').write('so far')
    return object()`, status: NotJSON, want: []string{"partial=so far"}},
	{name: "no descriptor left", script: `
import os
def main():
    open('a', 'w').write('x')
    kept = []
    while True:
        kept.append(os.open('a', os.O_RDONLY))`, status: FileLimit, want: []string{"a=x"}},
	{name: "links", script: `
import os
def main():
    os.symlink('/etc/passwd', 'link'); os.symlink('.', 'loop'); os.symlink('nowhere', 'broken')
    os.mkdir('dir'); os.symlink('..', 'dir/up')
    open('file', 'w').write('f'); os.link('file', 'hard')`,
		want: []string{"file=f", "hard=f", "broken: no regular file", "dir/up: no regular file",
			"link: no regular file", "loop: no regular file"}},
	{name: "a sparse file of the largest size", script: `
def main():
    with open('huge', 'wb') as f:
        f.truncate(60 << 20)
    open('small', 'w').write('s')`, want: []string{"small=s",
		"huge: 62914560 bytes, and 8388608 are left of the 8388608 that a reply takes"}},
	{name: "too large together", script: `
def main():
    for n in range(8):
        open(f'{n}', 'wb').write(bytes(1 << 20))`,
		want: []string{"0=", "1=", "2=", "3=", "4=", "5=", "6=",
			"7: 1048576 bytes, and 1048569 are left of the 8388608 that a reply takes"}},
	{name: "nested hard", script: `
import os
def main():
    for n in range(20):
        os.mkdir('d'); os.chdir('d')
    open('deep', 'w').write('x')`, want: []string{"d/d/d/d/d/d/d/d: nested more than 8 levels deep"}},
	{name: "names", script: `
import os
def main():
    open(b'\xff', 'w').write('x')
    open('né\n"', 'w').write('y')
    open('x' * 255, 'w').write('z')`, want: []string{"né\n\"=y", strings.Repeat("x", 255) + "=z",
		"\ufffd: its name is not UTF-8"}},
	{name: "unreadable", script: `
import os
def main():
    os.umask(0o777)
    open('a', 'w').write('x')`, want: []string{"a: Permission denied"}},
	{name: "functions replaced", script: `
import os, builtins, gc, io
def main():
    open('a', 'w').write('x')
    os.open = os.read = os.scandir = builtins.len = gc.get_objects = None
    return 1`, want: []string{"a=x"}},
	{name: "directory gone", script: `
import os
def main():
    os.mkdir('d')
    os.rmdir('d')`},
}

func TestReturnedFiles(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			for _, tt := range fileStories {
				if strings.Contains(tt.script, "os.link(") && slices.Contains(inGVisor, posture) {
					continue // seccomp refuses it there
				}
				t.Run(tt.name, func(t *testing.T) {
					got, err := r.Run(t.Context(), Job{Script: tt.script, Files: tt.given, ReturnFiles: true},
						Hooks{})
					if err != nil {
						t.Fatal(err)
					}
					if got.Status != cmp.Or(tt.status, OK) {
						t.Fatalf("%s: %s %s", got.Status, got.Error, got.Traceback)
					}
					if said := told(&got); !slices.Equal(said, tt.want) {
						t.Errorf("got  %q\nwant %q", said, tt.want)
					}
				})
			}
			good(t, r)
		})
	}
}

// told lists what came back and what did not.
func told(r *Result) (list []string) {
	for _, f := range r.Files {
		list = append(list, f.Name+"="+strings.Trim(string(f.Data), "\x00"))
	}
	for _, o := range r.FilesOmitted {
		list = append(list, o.Name+": "+o.Why)
	}
	return list
}

// Where nothing is confined there can be pipes and sockets: nobody waits for
// their other end.
func TestReturnedFilesUnconfined(t *testing.T) {
	cfg := hostConfig()
	cfg.SandboxOff = true
	r, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := r.Run(t.Context(), Job{ReturnFiles: true, Script: `
import os, socket
def main():
    os.mkfifo('fifo')
    kept = socket.socket(socket.AF_UNIX); kept.bind('socket')
    open('a', 'w').write('x')`}, Hooks{})
	if err != nil || got.Status != OK {
		t.Fatalf("%+v, %v", got, err)
	}
	if said, want := told(&got), []string{"a=x", "fifo: no regular file",
		"socket: no regular file"}; !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}

// Nothing comes back that was not asked for.
func TestFilesNotAskedFor(t *testing.T) {
	r := start(t, nil)
	got, err := r.Run(t.Context(), Job{Script: "def main():\n    open('a', 'w').write('x')",
		Files: []File{{"b", nil}}}, Hooks{})
	if err != nil || got.Status != OK || got.Files != nil || got.FilesOmitted != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// More files than a reply takes are counted, and named up to a bound.
func TestManyFiles(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.TmpFiles = 20_000 })
	for n, rest := range map[int]string{
		64: "", 164: "1 more are not listed", 1000: "837 more are not listed",
		12_000: "9838 more are not listed", // of 10000 looked at, and the entry that says so
	} {
		got, err := r.Run(t.Context(), Job{ReturnFiles: true,
			Script: fmt.Sprintf("def main():\n    for n in range(%d):\n        open(f'{n:05}', 'w').close()", n)},
			Hooks{})
		if err != nil || got.Status != OK {
			t.Fatalf("%+v, %v", got, err)
		}
		if len(got.Files) != 64 || rest == "" && got.FilesOmitted != nil {
			t.Fatalf("%d: %d files, omitted %v", n, len(got.Files), got.FilesOmitted)
		}
		if rest != "" {
			if last := got.FilesOmitted[len(got.FilesOmitted)-1]; last.Why != rest || len(got.FilesOmitted) != 100 {
				t.Errorf("%d: %d entries, the last is %v", n, len(got.FilesOmitted), last)
			}
		}
	}
}

// A thread that swaps a file for a link, again and again, while it is collected
// gets nothing but its own files.
func TestFilesSwapped(t *testing.T) {
	r := start(t, nil)
	got, err := r.Run(t.Context(), Job{ReturnFiles: true, Script: `
import os, threading
def swap():
    while True:
        os.symlink('/usr', 'l'); os.rename('l', 'd/x')
        os.mkdir('m'); open('m/own', 'w').write('own'); os.rename('d/x', 'l2'); os.remove('l2'); os.rename('m', 'd/x')
        os.remove('d/x/own'); os.rmdir('d/x')
def main():
    os.mkdir('d')
    for n in range(300):
        open(f'd/{n}', 'w').write('own')
    threading.Thread(target=swap, daemon=True).start()
`}, Hooks{})
	if err != nil || got.Status != OK {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(got.Files) == 0 {
		t.Errorf("nothing came back: %v", got.FilesOmitted)
	}
	for _, f := range got.Files {
		if string(f.Data) != "own" && len(f.Data) != 0 {
			t.Errorf("%s: %q", f.Name, f.Data)
		}
	}
}

// A thread of the script that goes on closing whatever it finds costs some files,
// never the result.
func TestFilesWhileDescriptorsAreClosed(t *testing.T) {
	r := start(t, nil)
	for range 10 {
		got, err := r.Run(t.Context(), Job{ReturnFiles: true, Script: `
import os, threading
def closes():
    while True:
        for fd in range(4, 16):
            try: os.close(fd)
            except OSError: pass
def main():
    for n in range(20):
        os.mkdir(f'd{n}')
        open(f'd{n}/f', 'w').close()
    for _ in range(4):
        threading.Thread(target=closes, daemon=True).start()
    return 1
`}, Hooks{})
		if err != nil || got.Status != OK || string(got.Value) != "1" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
}

// What a caller gives must fit, pages and directories included.
func TestFilesThatDoNotFit(t *testing.T) {
	// elsewhere only sizes count, and they fit
	for _, posture := range []sandbox.Posture{sandbox.Full, sandbox.User} {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, func(c *Config) { c.Limits.TmpBytes, c.Limits.TmpFiles = 1<<20, 300 })
			var files []File
			for n := range 290 {
				files = append(files, File{fmt.Sprint(n), make([]byte, 3500)})
			}
			got, err := r.Run(t.Context(), Job{Script: "import time\ndef main():\n    time.sleep(1)", Files: files},
				Hooks{})
			if err != nil || got.Status != FileLimit || !strings.Contains(got.Error, "/tmp limit of 1 MiB") {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestCheckFiles(t *testing.T) {
	limits := Limits{TmpBytes: 10, TmpFiles: 5}
	for _, tt := range []struct {
		files []File
		want  string // in the error; empty for none
	}{
		{[]File{{"a", nil}, {"b/c", []byte("0123456789")}, {".hidden", nil}}, ""},
		{[]File{{strings.Repeat("é", 127) + "x", nil}}, ""},
		{[]File{{"a\\b \n\x01", nil}}, ""},
		{[]File{{"...", nil}}, ""},
		{[]File{{"", nil}}, "1 to 255 bytes"},
		{[]File{{"a//b", nil}}, "1 to 255 bytes"},
		{[]File{{"a/", nil}}, "1 to 255 bytes"},
		{[]File{{strings.Repeat("x", 256), nil}}, "1 to 255 bytes"},
		{[]File{{"/etc/passwd", nil}}, "relative"},
		{[]File{{"../x", nil}}, "must not contain"},
		{[]File{{"a/../../x", nil}}, "must not contain"},
		{[]File{{"./a", nil}}, "must not contain"},
		{[]File{{"..", nil}}, "must not contain"},
		{[]File{{"a\x00b", nil}}, "NUL"},
		{[]File{{"a\xff", nil}}, "UTF-8"},
		{[]File{{"1/2/3/4/5/6/7/8/9", nil}}, "8 levels"},
		{[]File{{"a", nil}, {"a", nil}}, "once"},
		{[]File{{"a/b", nil}, {"a", nil}}, "directory of another"},
		{[]File{{"a", nil}, {"a/b/c", nil}}, "directory of another"},
		{[]File{{"a", []byte("01234567890")}}, "10 bytes together, got 11"},
		{[]File{{"a/b", nil}, {"c/d", nil}, {"e", nil}}, "4 files and directories, got 5"},
	} {
		err := CheckFiles(tt.files, limits)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %q", tt.files, err, tt.want)
		}
	}
}
