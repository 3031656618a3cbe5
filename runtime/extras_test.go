package runtime

import (
	"fmt"
	"strings"
	"testing"
)

// forging is a script that writes frames of its own in place of its worker.
const forging = `
import os, struct
def record(kind, name, data):
    return struct.pack(">cII", kind, len(name), len(data)) + name + data
def frame(kind, payload):
    return struct.pack(">Ic", len(payload), kind) + payload
def main():
    data = frame(b"A", %s) + frame(b"V", b"1")
    while data:
        data = data[os.write(3, data):]
    os._exit(0)
`

// pngHead is how a figure has to begin, as Python.
const pngHead = `b"\x89PNG\r\n\x1a\n"`

// forgedFrames are answers that a script makes up, and what is taken of them.
var forgedFrames = []struct {
	name, records string
	files         string // names that come back
	figures       int
	display       int
	displays      int
	omitted       int
	status        Status
}{
	{name: "names that are no names", records: `b"".join(record(b"f", n, b"x") for n in (b"/etc/passwd", ` +
		`b"../a", b"a/../../b", b"", b"a//b", b"\xff", b"a\0b", b"x" * 256, b"good", b"a/b"))`,
		files: "a/b good"},
	{name: "one name twice", records: `record(b"f", b"a", b"1") * 2`, files: "a"},
	{name: "too many files", records: `b"".join(record(b"f", b"%03d" % n, b"") for n in range(500))`, files: "64"},
	{name: "too much", records: `record(b"f", b"a", b"x") + record(b"f", b"b", bytes(8 << 20))`, files: "a"},
	{name: "far too much", records: `record(b"f", b"a", bytes(20 << 20))`, status: ScriptError},
	{name: "figures that are none", records: `record(b"p", b"", b"GIF89a") + record(b"p", b"", ` + pngHead + `)`,
		figures: 1},
	{name: "too many figures", records: `record(b"p", b"", ` + pngHead + `) * 500`, figures: 64},
	{name: "types that are none", records: `record(b"d", b"", b"") + b"".join(record(b"t", n, b"x") for n in (b"", b"html", ` +
		`b"text/<b>", b"text/a\nb", b"a" * 99 + b"/b", b"text/html"))`, display: 1},
	{name: "a form that is no text",
		records: `record(b"d", b"", b"") + record(b"t", b"text/html", b"\xff") + record(b"b", b"image/png", b"\xff")`, display: 1},
	{name: "too many forms", records: `record(b"d", b"", b"") + b"".join(record(b"t", b"text/x%d" % n, b"") for n in range(500))`,
		display: 16},
	{name: "forms of nothing", records: `record(b"t", b"text/html", b"x") + record(b"d", b"", b"") * 9`},
	{name: "too many displays", records: `(record(b"d", b"", b"") + record(b"t", b"text/html", b"x")) * 500`,
		display: 1, displays: 63},
	{name: "too many left out", records: `record(b"o", b"a", b"b") * 500`, omitted: 101},
	{name: "left out for reasons that are none",
		records: `record(b"o", b"\xff", b"b") + record(b"o", b"a", b"x" * 2000)`},
	{name: "so many that a list of them is larger than they are", records: `record(b"t", b"", b"") * 900_000`,
		status: ScriptError},
	{name: "rubbish", records: `b"\xff" * 100`, status: ScriptError},
}

// What a script makes up is bounded and checked by the server.
func TestForgedFrames(t *testing.T) {
	r := start(t, nil)
	for _, tt := range forgedFrames {
		t.Run(tt.name, func(t *testing.T) {
			got, err := r.Run(t.Context(), Job{Script: fmt.Sprintf(forging, tt.records), ReturnFiles: true}, Hooks{})
			if err != nil {
				t.Fatal(err)
			}
			if tt.status != "" {
				if got.Status != tt.status || got.Files != nil {
					t.Errorf("%+v", got)
				}
				return
			}
			var names []string
			for _, f := range got.Files {
				names = append(names, f.Name)
			}
			files := strings.Join(names, " ")
			if len(names) > 9 {
				files = fmt.Sprint(len(names))
			}
			if got.Status != OK || string(got.Value) != "1" || files != tt.files ||
				len(got.Figures) != tt.figures || len(got.Display) != tt.display || len(got.Displays) != tt.displays ||
				len(got.FilesOmitted) != tt.omitted {
				t.Errorf("%s: files %s, %d figures, display %v, %d omitted", got.Status, files, len(got.Figures),
					got.Display, len(got.FilesOmitted))
			}
		})
	}
	good(t, r)
}
