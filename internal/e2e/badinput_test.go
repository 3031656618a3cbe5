package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/config"
)

// TestBadRequests sends bodies that are no request. Each gets its answer, and the
// next good request is right.
func TestBadRequests(t *testing.T) {
	s := live(t)
	deep := strings.Repeat("[", 100_000)
	for _, tt := range []struct {
		name, body string
		code       int
		want       string // in the error
	}{
		{"nothing", "", 400, "it is empty"},
		{"white space", " \r\n\t ", 400, "it is empty"},
		{"a byte order mark", "\ufeff", 400, "request body"},
		{"not JSON", "script=def main(): pass", 400, "request body must be valid JSON"},
		{"half of it", `{"script":"def main(): pa`, 400, "request body must be valid JSON"},
		{"two of them", `{"script":"def main(): pass"}{"script":"def main(): pass"}`, 400,
			"request body must be valid JSON"},
		{"single quotes", `{'script':'def main(): pass'}`, 400, "request body must be valid JSON"},
		{"a comma too many", `{"script":"def main(): pass",}`, 400, "request body must be valid JSON"},
		{"a comment", `{"script":"def main(): pass" /* x */}`, 400, "request body must be valid JSON"},
		{"NaN", `{"script":"def main(x): pass","input":NaN}`, 400, "request body must be valid JSON"},
		{"a line break in a string", "{\"script\":\"def main():\n pass\"}", 400, "request body must be valid JSON"},
		{"NUL", "\x00", 400, "request body must be valid JSON"},
		{"Latin-1", "{\"script\":\"def main(): return '\xe9'\"}", 400,
			"request body must be UTF-8: byte 0xE9 at offset 31"},
		{"UTF-16", "\xff\xfe{\x00\"\x00", 400, "request body must be UTF-8"},
		{"cut in a character", "{\"script\":\"\xe2\x82", 400, "request body must be UTF-8"},
		{"a surrogate in UTF-8", "{\"script\":\"\xed\xa0\x80\"}", 400, "request body must be UTF-8"},
		{"an overlong form", "{\"script\":\"\xc0\xaf\"}", 400, "request body must be UTF-8"},
		{"a list", `[{"script":"def main(): pass"}]`, 400, "request body must be a JSON object"},
		{"a string", `"def main(): pass"`, 400, "request body must be a JSON object"},
		{"null", `null`, 400, "request body must be a JSON object"},
		{"an empty object", `{}`, 400, "script is missing"},
		{"script: number", `{"script":5}`, 400, "script must be a string"},
		{"script: null", `{"script":null}`, 400, "script must be a string"},
		{"script: list", `{"script":["def main(): pass"]}`, 400, "script must be a string"},
		{"script: empty", `{"script":""}`, 400, "script must not be empty"},
		{"script: blank", `{"script":" \n\t\r\n"}`, 400, "script must not be empty"},
		{"script: half a surrogate pair", `{"script":"def main(): return '\ud800'"}`, 400,
			"script must be Unicode text"},
		{"script: twice", `{"script":"def main(): pass","script":"def main(): pass"}`, 400,
			"script must be given once"},
		{"Script", `{"Script":"def main(): pass"}`, 400, `unknown field "Script"`},
		{"an unknown field", `{"script":"def main(): pass","code":""}`, 400, `unknown field "code"`},
		{"an unknown field with a long name",
			`{"script":"def main(): pass","` + strings.Repeat("x", 100_000) + `":1}`, 400, `unknown field "xxx`},
		{"stdin: number", `{"script":"def main(): pass","stdin":1}`, 400, "stdin must be a string"},
		{"stdin: null", `{"script":"def main(): pass","stdin":null}`, 400, "stdin must be a string"},
		{"timeout: string", `{"script":"def main(): pass","timeout":"1"}`, 400,
			"timeout must be a number of seconds from 0.05 to 30"},
		{"timeout: zero", `{"script":"def main(): pass","timeout":0}`, 400,
			"timeout must be a number of seconds from 0.05 to 30"},
		{"timeout: negative", `{"script":"def main(): pass","timeout":-1}`, 400,
			"timeout must be a number of seconds from 0.05 to 30"},
		{"timeout: too long", `{"script":"def main(): pass","timeout":30.001}`, 400,
			"timeout must be a number of seconds from 0.05 to 30"},
		{"timeout: huge", `{"script":"def main(): pass","timeout":1e999}`, 400,
			"timeout must be a number of seconds from 0.05 to 30"},
		{"timeout: true", `{"script":"def main(): pass","timeout":true}`, 400,
			"timeout must be a number of seconds from 0.05 to 30"},
		{"report: one", `{"script":"def main(): pass","report":1}`, 400, "report must be true or false"},
		{"brackets", deep, 400, "request body"},
		{"brackets, closed", deep + strings.Repeat("]", 100_000), 400, "request body"},
		{"brackets in the input",
			`{"script":"def main(x): pass","input":` + deep + strings.Repeat("]", 100_000) + `}`, 400,
			"nested at most 256 levels"},
		{"braces in the input",
			`{"script":"def main(x): pass","input":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}",
				5000) + `}`, 400, "input must be nested at most 256 levels deep"},
		{"one level too many",
			`{"script":"def main(x): pass","input":` + strings.Repeat("[", 257) + strings.Repeat("]", 257) + `}`,
			400, "input must be nested at most 256 levels deep"},
		{"script of more than 1 MiB", `{"script":"` + strings.Repeat("#", 1<<20) + `x"}`, 413,
			"script must be at most 1048576 bytes, got 1048577"},
		{"10 MiB", `{"script":"` + strings.Repeat("#", 10<<20) + `"}`, 413,
			"request body must be at most 8388608 bytes"},
		{"10 MiB of white space", strings.Repeat(" ", 10<<20), 413, "request body must be at most 8388608 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := s.post(t, []byte(tt.body))
			r.want(t, tt.code, "invalid_request", "")
			if !strings.Contains(r.text("error"), tt.want) || len(r.text("error")) > 300 {
				t.Errorf("error: %.400s\nwant: %s", r.text("error"), tt.want)
			}
			if tt.code == http.StatusRequestEntityTooLarge && !namesSetting(r.text("hint")) {
				t.Errorf("hint %q names no setting", r.text("hint"))
			}
			s.wantGood(t)
		})
	}
}

// namesSetting says whether one of the settings is in a sentence.
func namesSetting(sentence string) bool {
	return slices.ContainsFunc(config.Settings(),
		func(s config.Setting) bool { return strings.Contains(sentence, s.Name+".") })
}

// TestLargeRequests sends as much as is permitted.
func TestLargeRequests(t *testing.T) {
	s := live(t)
	const start = "def main(x=None): return len(x or '')\n#"
	script := start + strings.Repeat("x", 1<<20-len(start))
	if r := s.run(t, script); r.code != http.StatusOK || r.text("result") != "0" {
		t.Errorf("script of 1 MiB: got %d %.300s", r.code, r.body)
	}
	if r := s.run(t, script,
		request{"input": strings.Repeat("é", 3<<20)}); r.code != http.StatusOK || r.text("result") != "3145728" {
		t.Errorf("6 MiB of input: got %d %.300s", r.code, r.body)
	}
	stdin := strings.Repeat("line é\n", 1<<17)
	const lines = "import sys\ndef main():\n    return [len(sys.stdin.read()), sys.stdin.read()]"
	if r := s.run(t, lines, request{"stdin": stdin}); r.code != http.StatusOK || r.text("result") != `[917504,""]` {
		t.Errorf("1 MiB of stdin: got %d %.300s", r.code, r.body)
	}
	digits := strings.Repeat("7", 5000)
	r := s.post(t, []byte(`{"script":"def main(x): return [x, x + 1 - x, x % 1000]","input":`+digits+`}`))
	if want := `{"result":[` + digits + `,1,777],"stdout":""}`; r.code != http.StatusOK || r.body != want {
		t.Errorf("integer of 5000 digits: got %d %.300s", r.code, r.body)
	}
	big := `["` + strings.Repeat("ab", 4<<20-3) + `"]`
	if r := s.run(t, "def main(): return ['ab' * (4*1024*1024 - 3)]"); r.code != http.StatusOK ||
		string(r.member["result"]) != big {
		t.Errorf("result of 8 MiB: got %d, %d bytes", r.code, len(r.body))
	}
}

// TestDeepScripts sends scripts that are hard to parse. Each is a fault of the
// script, and reported as one; the parser must not end the worker, and if it did,
// nobody else.
func TestDeepScripts(t *testing.T) {
	s := live(t)
	repeat := strings.Repeat
	def := "def main():\n    return "
	for _, tt := range []struct {
		name, script string
		code         int // 0: any fault of the script, but none of the service
		status       string
	}{
		{"100,000 brackets", def + repeat("[", 100_000), 400, "syntax_error"},
		{"100,000 brackets, closed", def + repeat("[", 100_000) + repeat("]", 100_000), 400, "syntax_error"},
		{"5000 parentheses", def + repeat("(", 5000) + "1" + repeat(")", 5000), 400, "syntax_error"},
		{"150 parentheses", def + repeat("(", 150) + "1" + repeat(")", 150), 200, ""},
		{"5000 lists", def + repeat("[", 5000) + repeat("]", 5000), 400, "syntax_error"},
		{"100,000 minus signs", def + repeat("-", 100_000) + "1", 400, "syntax_error"},
		{"100,000 times not", def + repeat("not ", 100_000) + "1", 400, "syntax_error"},
		{"1000 minus signs", def + repeat("-", 1000) + "1", 0, ""},
		{"f-strings in f-strings", def + repeat("f'{", 5000) + repeat("}'", 5000), 400, "syntax_error"},
		{"f-string of brackets", def + `f"{` + repeat("(", 5000) + repeat(")", 5000) + `}"`, 400, "syntax_error"},
		{"attributes", def + "x" + repeat(".a", 100_000), 0, ""},
		{"subscripts", def + "x" + repeat("[0]", 50_000), 0, ""},
		{"calls", def + "x" + repeat("()", 50_000), 0, ""},
		{"a long sum", def + "1" + repeat("+1", 100_000), 0, ""},
		{"a sum of a few thousand", def + "1" + repeat("+1", 2000), 0, ""},
		{"powers", def + "1" + repeat("**1", 100_000), 0, ""},
		{"comparisons", def + "1" + repeat("<2", 100_000), 0, ""},
		{"lambdas", def + repeat("lambda: ", 50_000) + "1", 0, ""},
		{"conditions", def + repeat("1 if 1 else ", 50_000) + "1", 0, ""},
		{"else if", "def main(x=1):\n    if x: pass\n" + repeat("    elif x: pass\n", 20_000), 0, ""},
		{"if in if", nestedBlocks("if 1:", 99), 0, ""},
		{"if in if, too deep", nestedBlocks("if 1:", 500), 400, "syntax_error"},
		{"loops, too deep", nestedBlocks("for _ in ():", 30), 400, "syntax_error"},
		{"functions in functions", nestedBlocks("def f():", 99), 0, ""},
		{"classes in classes", nestedBlocks("class A:", 99), 0, ""},
		{"decorators", repeat("@id\n", 50_000) + "def main(): pass", 0, ""},
		{"a line of 1 MiB", def + "'" + repeat("x", 1<<20-len(def)-2) + "'", 200, ""},
		{"a list of 1 MiB", def + "[" + repeat("1,", 1<<19-len(def)) + "]", 200, ""},
		{"a name of 1 MiB", def + repeat("x", 1<<20-len(def)), 422, "script_error"},
		{"a number of 1 MiB", def + repeat("9", 1<<20-len(def)), 400, "syntax_error"},
		{"a name per line", repeat("a = 1\n", 100_000) + "def main(): return a", 200, ""},
		{"empty lines", repeat("\n", 1<<20-30) + "def main(): return 1", 200, ""},
		{"continued lines", def + repeat("\\\n", 400_000) + "1", 0, ""},
		{"stars", "def main(*" + repeat("*", 100_000) + "x): pass", 400, "syntax_error"},
		{"a pattern", "def main(x=1):\n    match x:\n        case " + repeat("[", 5000) + repeat("]",
			5000) + ": pass", 400, "syntax_error"},
		{"imports in depth", def + repeat("[", 90) + "__import__('os')" + repeat("]", 90) + "\nimport json", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := s.run(t, tt.script, request{"timeout": 20})
			switch {
			case tt.code != 0 && (r.code != tt.code || r.text("status") != tt.status):
				t.Errorf("got %d %.300s, want %d %s", r.code, r.body, tt.code, tt.status)
			case r.code >= 500 || r.text("status") == "killed":
				t.Errorf("got %d %.300s", r.code, r.body)
			case strings.Contains(r.body, "_harness"):
				t.Errorf("our own code shows: %.300s", r.body)
			}
			s.wantGood(t)
		})
	}
}

// nestedBlocks is a script with a main and blocks in blocks in it.
func nestedBlocks(head string, depth int) string {
	var b strings.Builder
	b.WriteString("def main():\n")
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i+1) + head + "\n")
	}
	b.WriteString(strings.Repeat(" ", depth+1) + "pass\n")
	return b.String()
}
