package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/service"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// paper is what the scripts of shownTests have before them: line draws one in that
// colour.
const paper = `
import matplotlib.pyplot as plt
def line(colour, at=plt):
    at.plot([1, 4, 9, 16], color=colour, linewidth=12)
`

// shownTests are what becomes of figures, each known by the colour of its line.
var shownTests = []struct {
	name, script string
	colours      string // of the figures, in order
	status       string // of a failure
	result       any
}{
	{name: "show ends a figure", script: "line('red'); plt.show()\n    line('blue'); plt.show()\n    " +
		"return plt.get_fignums()", colours: "red blue", result: []any{}},
	{name: "shown and closed", script: "for c in 'red', 'lime', 'blue':\n        fig, ax = plt.subplots(); " +
		"line(c, ax); plt.show(); plt.close(fig)", colours: "red lime blue"},
	{name: "shown before a failure, and open then", script: "line('red'); plt.show()\n    line('blue')\n    " +
		"raise ValueError('later')", colours: "red blue", status: "script_error"},
	{name: "shown before sys.exit", script: "import sys\n    line('red'); plt.show(); sys.exit(0)",
		colours: "red", status: "exited"},
	{name: "shown before a value that is no JSON", script: "line('red'); plt.show(); return {1, 2}",
		colours: "red", status: "not_json"},
	{name: "shown before memory runs out", script: "line('red'); plt.show(); line('blue'); bytes(1 << 40)",
		colours: "red", status: "memory_limit"},
	{name: "shown and then open", script: "line('red'); line('red', plt.figure().gca()); plt.show()\n    " +
		"line('blue')", colours: "red red blue"},
	{name: "empty figures", script: "plt.figure(figsize=(6, 4))\n    fig, ax = plt.subplots(); line('red', ax)\n    " +
		"plt.figure(); plt.show(); plt.figure()", colours: "red"},
	{name: "show without waiting", script: "fig, ax = plt.subplots(); plt.show(block=False); plt.pause(0.01)\n    " +
		"line('red', ax); plt.pause(0.01); plt.close()", colours: "red"},
	{name: "interactive", script: "plt.ion(); fig, ax = plt.subplots(); l, = ax.plot([1, 4], 'r', lw=12)\n    " +
		"plt.show(); l.set_color('blue'); fig.canvas.draw(); plt.pause(0.01)", colours: "blue"},
	{name: "show of a figure", script: "fig, ax = plt.subplots(); line('red', ax); fig.show(); plt.close()\n    " +
		"line('blue'); plt.gcf().show(); return plt.gcf()", colours: "red blue"},
	{name: "shown, changed and returned", script: "fig, ax = plt.subplots(); line('red', ax); plt.show()\n    " +
		"line('blue', ax); return fig", colours: "red blue"},
	{name: "shown and returned", script: "fig, ax = plt.subplots(); line('red', ax); plt.show(); return fig, ax",
		colours: "red", result: []any{nil, nil}},
	{name: "in the value", script: "fig, ax = plt.subplots(); line('red', ax); plt.close()\n    " +
		"return {'figure': fig, 'n': 3.5, 'more': [ax, ax.lines]}", colours: "red", status: "not_json"},
	{name: "in a dict and a list", script: "fig, ax = plt.subplots(); line('red', ax); plt.close()\n    " +
		"return {'figure': fig, 'n': 3.5, 'more': [ax]}", colours: "red",
		result: map[string]any{"figure": nil, "n": 3.5, "more": []any{nil}}},
	{name: "returned by accident", script: "return plt.plot([1, 4, 9, 16], color='red', linewidth=12)",
		colours: "red", result: []any{nil}},
	{name: "pyplot itself", script: "line('red'); return plt", colours: "red"},
	{name: "an array of axes", script: "fig, axes = plt.subplots(1, 2); line('red', axes[0]); return axes",
		colours: "red"},
	{name: "with other things in the value", script: "import pandas as pd\n    fig, ax = plt.subplots(); " +
		"line('red', ax); return [fig, pd.DataFrame()]", colours: "red", status: "not_json"},
	{name: "display", script: "fig, ax = plt.subplots(); line('red', ax); display(fig); plt.close(fig)\n    " +
		"line('blue'); display(plt.gca())", colours: "red blue"},
	{name: "savefig after show", script: "import pathlib\n    line('red'); plt.show(); plt.savefig('a.png')\n    " +
		"line('blue'); plt.savefig('b.png'); plt.close()\n    import matplotlib.image as i\n    " +
		"return [i.imread(f)[:, :, 2].mean() > i.imread(f)[:, :, 0].mean() for f in ('a.png', 'b.png')] == " +
		"[False, True]", colours: "red", result: true},
	{name: "pandas", script: "import pandas as pd\n    df = pd.DataFrame({'a': [1, 4, 9]})\n    " +
		"df.plot(color='red', lw=12); plt.show(); return df.plot(color='blue', lw=12)", colours: "red blue"},
	{name: "an animation", script: "from matplotlib.animation import FuncAnimation\n    " +
		"fig, ax = plt.subplots(); l, = ax.plot([1, 4], 'red', lw=12)\n    " +
		"a = FuncAnimation(fig, lambda i: l.set_ydata([i, 4]), frames=3)\n    plt.show(); return a", colours: "red"},
	{name: "another backend", script: "plt.switch_backend('svg'); line('red'); plt.show(); line('blue')\n    " +
		"plt.show()", colours: "red blue"},
	{name: "a callback that quits", script: "fig, ax = plt.subplots(); line('red'); plt.show(); line('blue')\n    " +
		"plt.gcf().canvas.mpl_connect('draw_event', lambda e: exit(3)); 1 / 0", colours: "red",
		status: "script_error"},
}

var colours = map[string]color.RGBA{"red": {R: 255, A: 255}, "lime": {G: 255, A: 255}, "blue": {B: 255, A: 255}}

// What was shown comes back in that order, whatever becomes of the script, and what
// is still open comes after it.
func TestDataShown(t *testing.T) {
	base := dataServer(t)
	for _, tt := range shownTests {
		t.Run(tt.name, func(t *testing.T) {
			_, reply := execute(t, base, paper+"def main():\n    "+tt.script)
			status, _ := reply["status"].(string)
			if status != tt.status || !reflect.DeepEqual(reply["result"], tt.result) || reply["stderr"] != nil &&
				reply["stderr"] != "" {
				t.Errorf("status %q, result %v: %.600v", status, reply["result"], reply)
			}
			pictures := picturesOf(t, reply)
			want := strings.Fields(tt.colours)
			if len(pictures) != len(want) {
				t.Fatalf("%d figures, want %d: %.600v", len(pictures), len(want), reply["files_omitted"])
			}
			for i, picture := range pictures {
				wantLine(t, picture, colours[want[i]])
			}
		})
	}
}

// picturesOf are the figures of a reply, each a PNG.
func picturesOf(t *testing.T, reply map[string]any) [][]byte {
	t.Helper()
	figures, _ := reply["figures"].([]any)
	pictures := make([][]byte, len(figures))
	for i, f := range figures {
		figure, _ := f.(map[string]any)
		text, _ := figure["base64"].(string)
		picture, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		pictures[i] = picture
	}
	return pictures
}

// The same where values are converted, and where the value is that of a program's
// last expression.
func TestDataShownByRequest(t *testing.T) {
	base := dataServer(t)
	for name, tt := range map[string]struct {
		request map[string]any
		result  any
	}{
		"converted": {map[string]any{"convert": true, "script": "import datetime\ndef main():\n    " +
			"fig, ax = plt.subplots(); line('red', ax)\n    " +
			"return {'day': datetime.date(2024, 2, 29), 'figure': fig, 'axes': [ax]}"},
			map[string]any{"day": "2024-02-29", "figure": nil, "axes": []any{nil}}},
		"a program": {map[string]any{"entry": nil, "script": "fig, ax = plt.subplots(); line('red', ax)\n" +
			"{'figure': fig, 'n': 2}"}, map[string]any{"figure": nil, "n": 2.0}},
		"a program that shows": {map[string]any{"entry": nil, "script": "line('red')\nplt.show()"}, nil},
		"a program that shows a frame": {map[string]any{"entry": nil, "script": "import pandas as pd\n" +
			"line('red'); plt.show()\npd.DataFrame({'a': [1]})"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			tt.request["script"] = paper + tt.request["script"].(string)
			_, reply := executeRequest(t, base, tt.request)
			pictures := picturesOf(t, reply)
			if !reflect.DeepEqual(reply["result"], tt.result) || reply["status"] != nil || len(pictures) != 1 {
				t.Fatalf("%.600v", reply)
			}
			wantLine(t, pictures[0], colours["red"])
		})
	}
}

// What was shown comes back when the time is up; what was still open does not.
func TestDataShownBeforeATimeout(t *testing.T) {
	_, reply := executeRequest(t, dataServer(t), map[string]any{"timeout": 5, "script": paper + `
def main():
    line('red'); plt.show()
    line('blue')
    while True: pass`})
	pictures := picturesOf(t, reply)
	if reply["status"] != "timeout" || len(pictures) != 1 {
		t.Fatalf("%.600v", reply)
	}
	wantLine(t, pictures[0], colours["red"])
}

// A GUI's backend is refused as Python does it on a machine without a screen.
func TestDataBackendWithoutAScreen(t *testing.T) {
	base := dataServer(t)
	for script, want := range map[string]string{
		"import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\ndef main():\n    plt.plot()": "" +
			"ImportError: Cannot load backend 'TkAgg' which requires the 'tk' interactive framework, as " +
			"'headless' is currently running",
		"import matplotlib.pyplot as plt\ndef main():\n    plt.switch_backend('qt5agg')": "ImportError: Failed to " +
			"import any of the following Qt binding modules: PyQt5, PySide2",
	} {
		_, reply := execute(t, base, script)
		hint, _ := reply["hint"].(string)
		if reply["error"] != want || !strings.Contains(hint, "leave out the line that chooses matplotlib's backend") {
			t.Errorf("%v", reply)
		}
	}
}

// Text that matplotlib's own fonts have no characters for is drawn all the same:
// boxes would be the same for each of them.
func TestDataEastAsianText(t *testing.T) {
	base := dataServer(t)
	for name, text := range map[string]string{
		"Chinese":                  "销售额度",
		"Japanese":                 "日本語かなカナ",
		"Korean":                   "한국어는",
		"a generic font":           "销售",
		"a font that is not there": "额度",
		"beside formulas":          "速度",
	} {
		t.Run(name, func(t *testing.T) {
			before, after := "", ""
			switch name {
			case "a generic font":
				before = "plt.rcParams['font.family'] = 'serif'; plt.rcParams['font.weight'] = 'bold'"
			case "a font that is not there":
				// Its warnings, as elsewhere, are not what is looked at here.
				before = "import logging; logging.disable(); plt.rcParams['font.sans-serif'] = ['SimHei']; " +
					"plt.rcParams['font.family'] = 'Microsoft YaHei'"
			case "beside formulas":
				after = " $\\\\alpha$"
			}
			_, reply := execute(t, base, "import matplotlib.pyplot as plt\ndef main():\n    "+before+"\n    "+
				"for c in '"+text+"':\n        plt.figure(); plt.axis('off')\n        "+
				"plt.text(0, 0, c + '"+after+"', fontsize=100); plt.show()")
			if reply["stderr"] != nil || reply["status"] != nil {
				t.Fatalf("%.600v", reply)
			}
			pictures := picturesOf(t, reply)
			if len(pictures) != len([]rune(text)) {
				t.Fatalf("%d pictures", len(pictures))
			}
			for i, picture := range pictures {
				if slices.ContainsFunc(pictures[:i], func(p []byte) bool { return alike(t, p, picture) }) {
					t.Errorf("%c looks like another one", []rune(text)[i])
				}
			}
		})
	}
}

// alike reports whether two pictures differ in less than a hundredth.
func alike(t *testing.T, a, b []byte) bool {
	t.Helper()
	var decoded [2]image.Image
	for i, data := range [][]byte{a, b} {
		var err error
		if decoded[i], err = png.Decode(bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	size := decoded[0].Bounds().Size()
	if size != decoded[1].Bounds().Size() {
		return false
	}
	differ := 0
	for y := range size.Y {
		for x := range size.X {
			if decoded[0].At(x, y) != decoded[1].At(x, y) {
				differ++
			}
		}
	}
	return differ*100 < size.X*size.Y
}

// A character that no font has is named, with the line that shows the figure.
func TestDataMissingCharacter(t *testing.T) {
	base := dataServer(t)
	const script = "import matplotlib.pyplot as plt\ndef main():\n    plt.title('\\U00012000')\n    plt.show()"
	const missing = "UserWarning: Glyph 73728 (\\N{CUNEIFORM SIGN A}) missing from font(s)"
	for script, want := range map[string]string{
		script: "script.py:4: " + missing,
		strings.TrimSuffix(script, "\n    plt.show()"): "script.py: " + missing,
	} {
		_, reply := execute(t, base, script)
		if stderr, _ := reply["stderr"].(string); !strings.HasPrefix(stderr, want) {
			t.Errorf("%.600v", reply)
		}
	}
}

// Numbers of sympy's are numbers in the result, and exact in what is displayed.
func TestDataNumbersOfSympy(t *testing.T) {
	base := dataServer(t)
	for value, want := range map[string]any{
		"Integer(3)": 3.0, "Rational(1, 4)": 0.25, "Float('2.5')": 2.5, "Symbol('x')": nil, "pi": nil,
	} {
		_, reply := execute(t, base, "import sympy\ndef main():\n    return sympy."+value)
		display, _ := reply["display"].(map[string]any)
		if reply["result"] != want || reply["status"] != nil || display["text/latex"] == nil {
			t.Errorf("%s: %v", value, reply)
		}
	}
}

// A table and an image are displayed where that is asked for.
func TestDataDisplay(t *testing.T) {
	_, reply := execute(t, dataServer(t), `
import pandas as pd
from PIL import Image
def main():
    display(pd.DataFrame({'a': [1]}))
    Image.new('RGB', (2, 2), 'red').show()
    return 5`)
	displays, _ := reply["displays"].([]any)
	last, _ := reply["display"].(map[string]any)
	if len(displays) != 1 || reply["result"] != 5.0 {
		t.Fatalf("%v", reply)
	}
	first, _ := displays[0].(map[string]any)
	table, _ := first["text/html"].(string)
	picture, err := base64.StdEncoding.DecodeString(last["image/png"].(string))
	if !strings.Contains(table, "<table") || first["text/plain"] != "   a\n0  1" || err != nil {
		t.Errorf("%v", reply)
	}
	if decoded, err := png.Decode(bytes.NewReader(picture)); err != nil || decoded.Bounds().Dx() != 2 {
		t.Errorf("%v, %v", decoded, err)
	}
}

// showTests are the libraries whose show() opens a browser elsewhere, and what of
// them is displayed.
var showTests = []struct{ name, script, mime, has string }{
	{"plotly", "import plotly.graph_objects as go\n    go.Figure(go.Bar(y=[1, 2])).show()", "text/html", "<div"},
	{"plotly by a renderer", "import plotly.graph_objects as go\n    go.Figure(go.Bar(y=[1])).show(renderer='browser')",
		"text/html", "<div"},
	{"plotly, a dict", "import plotly.io as pio\n    pio.show({'data': [{'type': 'bar', 'y': [2]}]})",
		"text/html", "<div"},
	{"altair", "import altair as alt\n    alt.Chart(alt.Data(values=[{'a': 1}])).mark_bar().encode(x='a:Q').show()",
		"text/html", "vega"},
	{"altair by display", "import altair as alt\n    " +
		"alt.Chart(alt.Data(values=[{'a': 1}])).mark_bar().encode(x='a:Q').display()", "text/html", "vega"},
	{"bokeh", "from bokeh.plotting import figure, show\n    f = figure(); f.line([1], [2]); show(f)", "text/html",
		"bokeh"},
	{"IPython", "from IPython.display import display, HTML\n    display(HTML('<b>bold</b>'))", "text/html",
		"<b>bold</b>"},
	{"IPython, by its module", "import IPython\n    IPython.display.display(IPython.display.Markdown('*m*'))",
		"text/markdown", "*m*"},
}

// What libraries show in a browser elsewhere is displayed.
func TestShowOfLibraries(t *testing.T) {
	need.Time(t, "installs packages")
	cfg, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Runtime.Packages, err = filepath.Abs("testdata/shown/requirements.txt"); err != nil {
		t.Fatal(err)
	}
	cfg.Runtime.Preload = []string{"json"} // libraries are imported by scripts, matplotlib too
	s, err := service.New(context.Background(), cfg, logline.New(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	select {
	case <-s.Ready():
		err = s.Err()
	case <-time.After(10 * time.Minute):
		t.Fatal("not ready")
	}
	if err != nil && strings.Contains(err.Error(), "index:") {
		need.That(t, "packages from an index", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	_, reply := execute(t, server.URL, paper+"def main():\n    line('red'); plt.show()\n    line('blue')")
	if pictures := picturesOf(t, reply); len(pictures) != 2 || reply["result"] != nil {
		t.Errorf("%.600v", reply)
	} else {
		wantLine(t, pictures[0], colours["red"])
		wantLine(t, pictures[1], colours["blue"])
	}
	for _, tt := range showTests {
		t.Run(tt.name, func(t *testing.T) {
			_, reply := execute(t, server.URL, "def main():\n    "+tt.script+"\n    return 1")
			display, _ := reply["display"].(map[string]any)
			form, _ := display[tt.mime].(string)
			if reply["result"] != 1.0 || !strings.Contains(form, tt.has) || reply["displays"] != nil {
				t.Errorf("%.800v", reply)
			}
		})
	}
}
