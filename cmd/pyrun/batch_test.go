package main

import (
	"strings"
	"testing"
)

// A script is run for each line, here and on a service; the exit code says whether all went well.
func TestBatches(t *testing.T) {
	const square, grade = "def main(n):\n    return 12 // n", "print(sum(map(int, input().split())))"
	const zero = `"status":"script_error"`
	both(t, func(t *testing.T, where []string) {
		for name, tt := range map[string]struct {
			script, lines string
			args          []string
			code          int
			stdout        []string // a part of each line
			stderr        string
		}{
			"inputs": {square, "3\n\n 4 \r\n5", []string{"--inputs", "lines"}, exitOK,
				[]string{`{"result":4,"stdout":""}`, `{"result":3,"stdout":""}`, `{"result":2,"stdout":""}`}, ""},
			"inputs with a byte order mark": {square, "\ufeff3\r\n4\r\n", []string{"--inputs", "lines"}, exitOK,
				[]string{`{"result":4,`, `{"result":3,`}, ""},
			"inputs of one process": {"seen = []\ndef main(n):\n    seen.append(n)\n    return len(seen)", "3\n4",
				[]string{"--inputs", "lines", "--isolation", "run"}, exitOK,
				[]string{`{"result":1,`, `{"result":2,`}, ""},
			"a case fails": {square, "3\n0\n4", []string{"--inputs", "lines"}, exitScript,
				[]string{`{"result":4,`, zero, `{"result":3,`}, "pyrun: 1 of 3 cases failed\n"},
			"cases pass": {grade, `{"stdin":"1 2","expected_stdout":"3\r\n"}` + "\n", []string{"--cases", "lines", "--program"},
				exitOK, []string{`"stdout":"3\n","passed":true}`}, ""},
			"a case has not passed": {grade, `{"stdin":"1 2","expected_stdout":"3"}` + "\n" + `{"stdin":"1","expected_stdout":"3"}`,
				[]string{"--cases", "lines", "--program"}, exitScript, []string{`"passed":true}`, `"passed":false}`},
				"pyrun: 0 of 2 cases failed, 1 of 2 passed\n"},
			"standard input": {square, "3\n", []string{"--inputs", "-"}, exitOK, []string{`{"result":4,`}, ""},
			"no JSON": {square, "3\nx\n", []string{"--inputs", "lines"}, exitUsage, nil,
				"pyrun: --inputs: lines: line 2: is no JSON\n"},
			"no case": {square, "{}\n3\n", []string{"--cases", "lines"}, exitUsage, nil,
				"invalid_request: line 3: must be an object of input, stdin, expected, expected_stdout"},
			"no main": {"x = 1", "3\n4\n", []string{"--inputs", "lines"}, exitScript, nil,
				"main_missing: Script must contain a 'main()' function\n  Define it, or name another function with " +
					"--entry, or run the script with --program, which reads --stdin, or that of --cases, and is " +
					"handed no input.\n"},
			"an input for a program": {grade, `{"stdin":"1"}` + "\n" + `{"input":3}`,
				[]string{"--cases", "lines", "--program"}, exitUsage, []string{`{"result":null,"stdout":"1\n"}`},
				"line 3: input must be left out with --program: a program has no function to hand it to"},
			"no file": {square, "", []string{"--inputs", "elsewhere"}, exitUsage, nil,
				"pyrun: --inputs: open elsewhere: "},
			"two kinds": {square, "", []string{"--inputs", "lines", "--input", "1"}, exitUsage, nil,
				"pyrun: --input: makes no sense with --inputs\n"},
			"isolation alone": {square, "", []string{"--isolation", "run"}, exitUsage, nil,
				"pyrun: --isolation: makes sense with --inputs or --cases only\n"},
		} {
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				writeFile(t, dir, "script.py", tt.script)
				writeFile(t, dir, "lines", tt.lines)
				got := pyrun(t, dir, tt.lines, append(append(where, "script.py"), tt.args...)...)
				lines := strings.SplitAfter(got.stdout, "\n")
				lines = lines[:len(lines)-1]
				if got.code != tt.code || !strings.Contains(got.stderr, tt.stderr) ||
					tt.stderr == "" && got.stderr != "" {
					t.Errorf("%+v", got)
				}
				if tt.stdout != nil && len(lines) != len(tt.stdout) {
					t.Fatalf("%d lines: %+v", len(lines), got)
				}
				for i, part := range tt.stdout {
					if !strings.Contains(lines[i], part) {
						t.Errorf("line %d: %s, want %s", i, lines[i], part)
					}
				}
			})
		}
	})
}
