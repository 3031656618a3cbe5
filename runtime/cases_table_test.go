package runtime

import "encoding/json"

// caseTests are scripts with cases, and what comes of these, as shownCase has it.
var caseTests = map[string]struct {
	script string
	cases  []Case
	want   []string
	job    Job
}{
	"a value for each": {
		script: "def main(x):\n    return x * 2",
		cases:  inputs("1", `"a"`, "[1]"),
		want:   []string{"2", `"aa"`, "[1,1]"},
	},
	"none": {script: "def main(x):\n    return x"},
	"without an argument, and with null": {
		script: "def main(x=1):\n    return [x]",
		cases:  []Case{{}, {Input: json.RawMessage("null")}},
		want:   []string{"[1]", "[null]"},
	},
	"what is written": {
		script: "import sys\ndef main(x):\n    print(x)\n    print(-x, file=sys.stderr)\n    return x",
		cases:  inputs("1", "2"),
		want:   []string{"1|1\n|-1\n", "2|2\n|-2\n"},
	},
	"what C writes": {
		script: "import ctypes\nc = ctypes.CDLL(None)\ndef main(x):\n    c.puts(b'%d' % x)",
		cases:  inputs("1", "2"),
		want:   []string{"null|1\n", "null|2\n"},
	},
	"stdin": {
		script: "import sys\ndef main():\n    return [input(), sys.stdin.read()]",
		cases:  []Case{{Stdin: "a\nb\nc"}, {Stdin: "d\n"}, {Stdin: "e\nf"}},
		want:   []string{`["a","b\nc"]`, `["d",""]`, `["e","f"]`},
	},
	"stdin, by a function that was taken before": {
		script: "import sys\nread = sys.stdin.readline\ndef main():\n    return read()",
		cases:  []Case{{Stdin: "a\nb\n"}, {Stdin: "c\nd\n"}, {Stdin: "a much longer line\n"}},
		want:   []string{`"a\n"`, `"c\n"`, `"a much longer line\n"`},
	},
	"stdin is gone": {
		script: "import sys\ndef main():\n    return sys.stdin.read(1)",
		cases:  []Case{{Stdin: "abc"}, {}, {Stdin: "d"}},
		want:   []string{`"a"`, `""`, `"d"`},
	},
	"stdin that was closed": {
		script: "import sys\ndef main():\n    text = sys.stdin.read()\n    sys.stdin.close()\n    return text",
		cases:  []Case{{Stdin: "a"}, {Stdin: "b"}},
		want:   []string{`"a"`, `"b"`},
	},
	"by name": {
		script: "def solve(a, b=2):\n    return a + b",
		job:    Job{Options: Options{Entry: "solve", Spread: true}},
		cases:  inputs(`{"a":1}`, `{"a":1,"b":1}`),
		want:   []string{"3", "2"},
	},
	"a coroutine": {
		script: "import asyncio\nasync def main(x):\n    await asyncio.sleep(0)\n    return x",
		cases:  inputs("1", "2"),
		want:   []string{"1", "2"},
	},
	"converted": {
		script: "def main(x):\n    return (i for i in range(x))",
		job:    Job{Options: Options{Convert: true}},
		cases:  inputs("1", "3"),
		want:   []string{"[0]", "[0,1,2]"},
	},
	"files, arguments and variables": {
		script: "import sys, os, helper\ndef main():\n" +
			"    return [open('a.txt').read(), helper.K, sys.argv[1:], os.environ['K']]",
		job: Job{
			Options: Options{Args: []string{"x"}, Env: map[string]string{"K": "v"}},
			Files:   []File{{Name: "helper.py", Data: []byte("K = 5\n")}, {Name: "a.txt", Data: []byte("text")}},
		},
		cases: make([]Case, 2),
		want:  []string{`["text",5,["x"],"v"]`, `["text",5,["x"],"v"]`},
	},
	"what shows itself": {
		script: "class V:\n    def _repr_html_(self):\n        return '<b>'\nv = V()\n" +
			"def main(x):\n    return v if x else x",
		cases: inputs("1", "1", "0"),
		want:  []string{"null&<b>", "null&<b>", "0"},
	},
	"a recursion limit of the script's": {
		script: "import sys\nsys.setrecursionlimit(5000)\ndef deep(n):\n    return n and deep(n - 1)\n" +
			"def main(x):\n    if x == 1:\n        1 / 0\n    return deep(3000)",
		cases: numbers(3),
		want:  []string{"0", "script_error ZeroDivisionError: division by zero", "0"},
	},
	"an exception": {
		script: "def main(x):\n    print('in')\n    return 1 / x",
		cases:  inputs("1", "0", "2"),
		want:   []string{"1.0|in\n", "script_error ZeroDivisionError: division by zero|in\n", "0.5|in\n"},
	},
	"no JSON": {
		script: "def main(x):\n    return {x} if x else x",
		cases:  inputs("1", "0"),
		want:   []string{"not_json main() function must return JSON-serializable data, got: set", "0"},
	},
	"an exit": {
		script: "import sys\ndef main(x):\n    if x == 2:\n        sys.exit(7)\n    return x",
		cases:  numbers(4),
		want:   []string{"0", "1", "exited Script exited with code 7 before main() returned", "3"},
	},
	"the end of the process": {
		script: "import os\ndef main(x):\n    print('in', flush=True)\n    if x == 2:\n        os._exit(9)\n" +
			"    return x",
		cases: numbers(4),
		want: []string{"0|in\n", "1|in\n", "exited Script exited with code 9 before main() returned|in\n",
			"3|in\n"},
	},
	"each ends the process": {
		script: "import os\ndef main(x):\n    os._exit(x)",
		cases:  inputs("1", "2"),
		want: []string{"exited Script exited with code 1 before main() returned",
			"exited Script exited with code 2 before main() returned"},
	},
	"a signal": {
		script: "import os\ndef main(x):\n    if x == 1:\n        os.kill(os.getpid(), 15)\n    return x",
		cases:  numbers(3),
		want:   []string{"0", "killed Script was killed by SIGTERM", "2"},
	},
	"a crash": {
		script: "import ctypes\ndef main(x):\n    if x == 1:\n        ctypes.string_at(0)\n    return x",
		cases:  numbers(3),
		want:   []string{"0", "killed Script was killed by SIGSEGV", "2"},
	},
	"an exit that looks like a signal": {
		script: "import os\ndef main(x):\n    if x == 1:\n        os._exit(6)\n    return x",
		cases:  numbers(3),
		want:   []string{"0", "exited Script exited with code 6 before main() returned", "2"},
	},
	"a syntax error": {
		script: "def main(:",
		cases:  numbers(2),
		want: []string{"syntax_error SyntaxError: invalid syntax (line 1)",
			"syntax_error SyntaxError: invalid syntax (line 1)"},
	},
	"no main": {
		script: "main2 = globals()",
		cases:  numbers(2),
		want: []string{"main_missing Script must contain a 'main()' function",
			"main_missing Script must contain a 'main()' function"},
	},
	"a module level that fails": {
		script: "print('top')\n1 / 0\ndef main(x): pass",
		cases:  numbers(2),
		want: []string{"script_error ZeroDivisionError: division by zero|top\n",
			"script_error ZeroDivisionError: division by zero|top\n"},
	},
	"a module level that ends the process": {
		script: "import os\nprint('top', flush=True)\nos._exit(3)\ndef main(x): pass",
		cases:  numbers(2),
		want: []string{"exited Script exited with code 3 before main() returned|top\n",
			"exited Script exited with code 3 before main() returned|top\n"},
	},
	"a wrong number of arguments": {
		script: "def main(a, b):\n    return a + b",
		job:    Job{Options: Options{Spread: true}},
		cases:  inputs(`{"a":1,"b":2}`, `{"a":1}`),
		want:   []string{"3", "script_error TypeError: main() missing 1 required positional argument: 'b'"},
	},
}
