package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// hintTests are scripts and what their hint has to say; "" for those that have none.
var hintTests = []struct{ name, script, hint string }{
	{"fence", "```python\ndef main():\n    return 1\n```", "```"},
	{"fence with text", "Here is the script:\n\n```python\ndef main():\n    return 1\n```\nIt returns 1.", "```"},
	{"fence at the end", "def main():\n    return 1\n```\n", "```"},
	{"fence in a string", "def main(:\n    \"\"\"\n```\n    \"\"\"", ""},
	{"pip", "!pip install numpy\ndef main(): pass", "GET /capabilities"},
	{"pip, bare", "pip install numpy\ndef main(): pass", "can't install packages"},
	{"pip by python", "!python -m pip install numpy\ndef main(): pass", "can't install packages"},
	{"pip by %", "%pip install numpy\ndef main(): pass", "can't install packages"},
	{"matplotlib inline", "%matplotlib inline\ndef main(): pass", "without %matplotlib"},
	{"time", "%%time\ndef main(): pass", "notebooks"},
	{"shell", "!ls\ndef main(): pass", "for a shell"},
	{"help", "def main():\n    len?\n", "help(x)"},
	{"prompts", ">>> def main():\n...     return 1", "prompts"},
	{"merge", "def main():\n    pass\n<<<<<<< HEAD\n", "merge"},
	{"html entities", "def main():\n    return 1 &lt; 2", "escaped as for HTML"},
	{"html entities, refused", "def main():\n    return &quot;a&quot;", "escaped as for HTML"},
	{"html", "<!DOCTYPE html><html><body>x</body></html>", "HTML"},
	{"notebook", `{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`, "notebook"},
	{"request", `{"script": "def main(): pass"}`, "made JSON twice"},
	{"request with null", `{"script": "def main(): pass", "input": null}`, "made JSON twice"},
	{"javascript", "function main() {\n  return 1;\n}", "another language"},
	{"javascript, const", "const x = 1;", "another language"},
	{"sql", "SELECT * FROM t", "another language"},
	{"shell script", "#!/bin/bash\necho hello", "Python"},
	{"quotes", "def main():\n    return “a”", `Write " in its place`},
	{"quotes, single", "def main():\n    return ‘a’", "Write ' in its place"},
	{"space", "def main():\n\u00a0   return 1", "Write a plain space"},
	{"dash", "def main():\n    return 2 – 1", "Write - in its place"},
	{"zero width", "def main():\n    return\u200b 1", "Write nothing"},
	{"bom inside", "def main():\n    return 1\n\ufeffx = 1", "Write nothing"},
	{"times", "def main():\n    return 2 × 3", "Write * in its place"},
	{"unequal", "def main():\n    return 2 ≠ 3", "Write != in its place"},
	{"wide", "def main()：\n    return 1", "Write : in its place"},
	{"escape", "def main():\n    return 1\n\x1b[0m", "colours of a terminal"},
	{"tabs", "def main():\n\tx = 1\n        return x", "spaces alone"},
	{"print", "def main():\n    print 'a'", "Python 2"},
	{"except", "def main():\n    try: pass\n    except ValueError, e: pass", "Python 2"},
	{"octal", "def main():\n    return 0777", "Python 2"},
	{"raise", "def main():\n    raise ValueError, 'x'", "Python 2"},
	{"unequal, old", "def main():\n    return 1 <> 2", "Python 2"},
	{"type", "type X = int\ndef main(): pass", "3.11"},
	{"generic", "def main[T](x: T): pass", "3.11"},
	{"f-string", "def main():\n    d = {}\n    return f'{d['a']}'", "3.11"},
	{"template", "def main(): return t'{1}'", "Python 3.14; this is 3.11"},
	{"except without parentheses", "def main():\n    try: pass\n    except A, B as e: pass", "except (A, B)"},
	{"a later module", "import annotationlib\ndef main(): pass", "new in Python 3.14; this is 3.11."},
	{"a later package", "from compression import zstd\ndef main(): pass", "new in Python 3.14; this is 3.11."},
	{"a later part", "import string.templatelib\ndef main(): pass", "new in Python 3.14; this is 3.11."},
	{"f-string, backslash", "def main():\n    return f'{\"\\n\".join([])}'", "backslash"},
	{"await", "def main():\n    await x()", "async def main()"},
	{"await at the top", "await x()\ndef main(): pass", "async def main()"},
	{"return", "return 1\ndef main(): pass", "def main()"},
	{"escaped twice", `def main():\n    return 1`, "escaped twice"},
	{"line end in a string", "def main():\n    print('a\n')", `\\n in JSON`},
	{"and", "def main():\n    return 1 && 2", "and, or, not"},
	{"else if", "def main():\n    if 1: pass\n    else if 2: pass", "elif"},
	{"plain", "def main(:\n    pass", ""},
	{"no main", "print(1)", `"entry"`},

	{"os", "import os\ndef main(): return os.listdir('.')", "pathlib, shutil, glob"},
	{"os, environment", "import os\ndef main(): return os.environ.get('A')", "input"},
	{"os, programs", "import os\ndef main(): os.system('ls')", "call Python"},
	{"os.path", "from os.path import join\ndef main(): pass", "BLOCKED_IMPORTS"},
	{"subprocess", "import subprocess as s\ndef main(): pass", "call Python"},
	{"multiprocessing", "from multiprocessing import Pool\ndef main(): pass", "ThreadPoolExecutor"},
	{"socket", "import socket, json\ndef main(): pass", "input or files"},
	{"ctypes", "import ctypes\ndef main(): pass", "struct"},
	{"tkinter", "import tkinter as tk\ndef main(): pass", "matplotlib"},
	{"curses", "import curses\ndef main(): pass", "terminal"},
	{"pip, imported", "import pip\ndef main(): pass", "GET /capabilities"},

	{"a module", "import nothing_of_this_name\ndef main(): pass", "PYTHON_PACKAGES"},
	{"a module of one's own", "import helper\ndef main(): pass", "as helper.py"},
	{"a slip", "import datetme\ndef main(): pass", "Perhaps datetime"},
	{"another short name", "import numba\ndef main(): pass", "A module of your own goes along in files"},
	{"a package of a near name", "import ujson\ndef main(): pass", "as ujson.py"},
	{"a package for the network", "import requests\ndef main(): pass", "no network. Hand over"},
	{"a package for databases", "import psycopg2\ndef main(): pass", "no network. Hand over"},
	{"swapped", "import jsno\ndef main(): pass", "Perhaps json"},
	{"a capital", "import Math\ndef main(): pass", "Perhaps math"},
	{"a part", "import json.tool2\ndef main(): pass", "no such part"},
	{"by its package", "import opencv_python_headless\ndef main(): pass", "Perhaps cv2"},
	{"another name", "import cv2\ndef main(): pass", "opencv-python-headless"},
	{"yaml", "import yaml\ndef main(): pass", "pyyaml"},
	{"bs4", "from bs4 import BeautifulSoup\ndef main(): pass", "beautifulsoup4"},
	{"urllib2", "import urllib2\ndef main(): pass", "urllib.request"},
	{"lib2to3", "import lib2to3\ndef main(): pass", "left out"},
	{"winreg", "import winreg\ndef main(): pass", "Windows"},
	{"IPython", "from IPython.display import display\ndef main(): pass", "without an import"},
	{"no package", "import json.decoder.x\ndef main(): pass", "no such part"},
	{"optional", "def main(): raise ImportError('`Import tabulate` failed.  Use pip, conda, or your preferred " +
		"package management tool to install the tabulate package.')", "PYTHON_PACKAGES"},
	{"optional, older", "def main(): raise ImportError(\"Missing optional dependency 'openpyxl'. Use pip or conda.\")",
		"PYTHON_PACKAGES"},
	{"a library of the system", "def main(): raise ImportError('libGL.so.1: cannot open shared object file: No such " +
		"file or directory') # import cv2", "opencv-python-headless"},
	{"another library", "def main(): raise ImportError('libgomp.so.1: cannot open shared object file: No such " +
		"file or directory')", "needs libgomp.so.1, a library of the system"},
	{"another numpy", "def main(): raise ValueError('numpy.dtype size changed, may indicate binary incompatibility. " +
		"Expected 96 from C header, got 88 from PyObject')", "numpy<2"},
	{"a name of a module", "from json import nothing\ndef main(): pass", ""},

	{"input", "def main():\n    return input()", "stdin"},
	{"np", "def main():\n    return np.zeros(1)", "import numpy as np"},
	{"json", "def main():\n    return json.dumps(1)", "import json"},
	{"true", "def main():\n    return true", "True"},
	{"xrange", "def main():\n    return xrange(1)", "range"},
	{"a name", "def main():\n    return nothing", ""},
	{"coroutine", "async def f(): return 1\ndef main():\n    return f() + 1", "await"},
	{"coroutine, attribute", "async def f(): return 1\ndef main():\n    return f().x", "await"},
	{"coroutine, nested", "async def f(): return 1\nasync def main():\n    return {'a': f()}", "await x"},
	{"task", "import asyncio\nasync def f(): return 1\nasync def main():\n    return [asyncio.create_task(f())]",
		"await x"},
	{"loop", "import asyncio\nasync def f(): return 1\nasync def main():\n    return asyncio.run(f())", "await there"},

	{"main twice", "def main():\n    return 1\nmain()", "done twice"},
	{"main twice, printed", "def main():\n    return 1\nprint(main())", "done twice"},
	{"main twice, kept", "def main():\n    return 1\nresult = main()\n", "done twice"},
	{"main twice, async", "import asyncio\nasync def main():\n    return 1\nasyncio.run(main())", "done twice"},
	{"main twice, input", "def main():\n    input()\nmain()", "done twice"},
	{"main once", "def main():\n    return 1\nif __name__ == '__main__':\n    main()", ""},
	{"main once, text", "def main():\n    return 1\n'''\nmain()\n'''", ""},
	{"main once, inside", "def main():\n    return 1\ndef f():\n    main()", ""},
	{"exit", "import sys\ndef main():\n    return 1\nsys.exit(main())", "sys.exit(main())"},
}

// laterPython are those of them that a later Python than 3.11 takes as they are.
var laterPython = []string{"except", "type", "generic", "f-string", "f-string, backslash", "template",
	"a later module", "a later package", "a later part"}

// A script that comes from elsewhere, or is meant for something else, is told what to
// change.
func TestHintsOfScripts(t *testing.T) {
	base, python := live(t).http.URL, live(t).python(t)
	for _, tt := range hintTests {
		t.Run(tt.name, func(t *testing.T) {
			if python != "3.11" && slices.Contains(laterPython, tt.name) {
				need.Elsewhere(t, "Python %s takes it", python)
			}
			_, reply := execute(t, base, tt.script)
			hint, _ := reply["hint"].(string)
			if !strings.Contains(hint, tt.hint) || tt.hint == "" && hint != "" {
				t.Errorf("hint %q, want %q: %v", hint, tt.hint, reply)
			}
		})
	}
}

// A syntax error has what Python prints of it, and where it points.
func TestSyntaxErrorsAreShown(t *testing.T) {
	server := live(t)
	long := "def main():\n    x = '" + strings.Repeat("é", 3000) + "' ) + '" + strings.Repeat("y", 3000) + "'"
	for _, tt := range []struct {
		name, script, files, traceback string
		line, column                   float64
	}{
		{"parser", "def main():\n    total = sum([1]) + max((4, 5) - min(2)\n    return total", "",
			"  File \"script.py\", line 2\n    total = sum([1]) + max((4, 5) - min(2)\n                          ^\n" +
				"SyntaxError: '(' was never closed\n", 2, 27},
		{"compiler", "def main():\n    é = 'é'; return 1; global é", "", "  File \"script.py\", line 2\n" +
			"    é = 'é'; return 1; global é\n                       ^^^^^^^^\n" +
			"SyntaxError: name 'é' is assigned to before global declaration\n", 2, 24},
		{"compiler and a file of that name", "x = 1\nreturn 1\ndef main(): pass", `{"script.py": "one\ntwo\n"}`,
			"  File \"script.py\", line 2\n    return 1\n    ^^^^^^^^\nSyntaxError: 'return' outside function\n", 2, 1},
		{"nul", "x = 1\ny\x00 = 1\ndef main(): pass", "", "  File \"script.py\", line 2\n    y\ufffd = 1\n     ^\n" +
			"SyntaxError: source code string cannot contain null bytes\n", 2, 2},
		{"long", long, "", "  File \"script.py\", line 2\n    … " + strings.Repeat("é", 77) + "' ) + '" +
			strings.Repeat("y", 76) + " …\n" + strings.Repeat(" ", 85) + "^\nSyntaxError: unmatched ')'\n", 2, 3012},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request := map[string]any{"script": tt.script}
			if tt.files != "" {
				request["files"] = json.RawMessage(tt.files)
			}
			body, err := json.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Status, Traceback string
				Line, Column      float64
			}
			if err := json.Unmarshal([]byte(server.post(t, body).body), &got); err != nil {
				t.Fatal(err)
			}
			if got.Status != "syntax_error" || got.Traceback != tt.traceback || got.Line != tt.line ||
				got.Column != tt.column {
				t.Errorf("got %+v\n%s\nwant\n%s", got, got.Traceback, tt.traceback)
			}
		})
	}
}

// What the packages of the data image say when they lack something.
func TestDataHintsOfScripts(t *testing.T) {
	base := dataServer(t)
	for _, tt := range []struct{ script, hint string }{
		{"import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\ndef main(): plt.plot([1])",
			"leave out the line"},
		{"import matplotlib\nmatplotlib.use('Qt5Agg')\nimport matplotlib.pyplot as plt\ndef main(): plt.plot([1])",
			"leave out the line"},
		{"import matplotlib\nmatplotlib.use('MacOSX')\nimport matplotlib.pyplot as plt\ndef main(): plt.plot([1])",
			"leave out the line"},
		{"import matplotlib.pyplot as plt\nplt.switch_backend('nbAgg')\ndef main(): plt.plot([1])", "leave out the line"},
		{"import pandas as pd\ndef main(): return pd.DataFrame({'a': [1]}).to_xarray()", "PYTHON_PACKAGES"},
		{"import pandas as pd\ndef main(): pd.DataFrame({'a': [1]}).query('a > 0', engine='numexpr')", "PYTHON_PACKAGES"},
		{"import joblib\ndef main(): joblib.dump(1, 'x.lz4', compress='lz4')", "PYTHON_PACKAGES"},
		{"import pandas as pd\ndef main(): pd.DataFrame({'a': [1]}).to_excel('x.ods')", "odfpy"},
		{"from sympy.parsing.latex import parse_latex\ndef main(): parse_latex('x')", "PYTHON_PACKAGES"},
		{"import sklearn.cross_validation\ndef main(): pass", "no such part"},
		{"import numppy\ndef main(): pass", "Perhaps numpy"},
		{"import panda as pd\ndef main(): pass", "Perhaps pandas"},
		{"import scikit_learn\ndef main(): pass", "Perhaps sklearn"},
		{"import cv2\ndef main(): pass", "opencv-python-headless"},
	} {
		t.Run(tt.script, func(t *testing.T) {
			_, reply := execute(t, base, tt.script)
			if hint, _ := reply["hint"].(string); !strings.Contains(hint, tt.hint) {
				t.Errorf("hint %q, want %q: %v", hint, tt.hint, reply)
			}
		})
	}
}
