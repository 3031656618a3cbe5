package main

import (
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "latin1.py", "# \xe9\ndef main(): pass")
	writeFile(t, dir, "ok.py", "def main(): pass")
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"no script":            {nil, "0 scripts are named"},
		"two scripts":          {[]string{"ok.py", "ok.py"}, "2 scripts are named"},
		"no such file":         {[]string{"no.py"}, "script: open no.py: no such file"},
		"not UTF-8":            {[]string{"latin1.py"}, "script: latin1.py: is not UTF-8"},
		"unknown flag":         {[]string{"ok.py", "--frobnicate"}, "frobnicate"},
		"input is no JSON":     {[]string{"ok.py", "--input", "text"}, "--input: is no JSON"},
		"no input file":        {[]string{"ok.py", "--input", "@no.json"}, "--input: open no.json"},
		"URL without a scheme": {[]string{"ok.py", "--url", "example.com"}, "must begin with http"},
		"URL of a file":        {[]string{"ok.py", "--url", "file:///etc/passwd"}, "must begin with http"},
		"header without a name": {[]string{"ok.py", "--url", "http://x", "--header", "Bearer"},
			"must be 'Name: value'"},
		"header to nobody":     {[]string{"ok.py", "--header", "A: b"}, "with --url only"},
		"timeout":              {[]string{"ok.py", "--timeout", "soon"}, "must be a duration"},
		"negative timeout":     {[]string{"ok.py", "--timeout", "-1"}, "must be a duration"},
		"stdin twice":          {[]string{"-", "--stdin", "-"}, "standard input is the script already"},
		"absolute file":        {[]string{"ok.py", "--file", "/etc/passwd"}, "must be relative"},
		"file above":           {[]string{"ok.py", "--file", "../x=ok.py"}, "must be relative"},
		"no such file to send": {[]string{"ok.py", "--file", "no.csv"}, "--file: open no.csv"},
		"same file twice": {[]string{"ok.py", "--file", "a=ok.py", "--file", "./a=ok.py"},
			"--file: a: is given twice"},
		"entry of a program":  {[]string{"ok.py", "--program", "--entry", "f"}, "--entry: a program has no function"},
		"spread of a program": {[]string{"ok.py", "--program", "--spread"}, "--spread: a program has no function"},
		"input of a program": {[]string{"ok.py", "--program", "--input", "1"},
			"--input: a program has no function to call: it reads --stdin FILE"},
		"inputs of a program": {[]string{"ok.py", "--program", "--inputs", "-"},
			`--inputs: a program has no function to call: --cases FILE has lines such as {"stdin": "3\n"}`},
		"cases of a program in one process": {[]string{"ok.py", "--program", "--cases", "-", "--isolation", "run"},
			"--isolation: run: a program has no function to call again"},
		"env without value": {[]string{"ok.py", "--env", "A"}, "must be NAME=VALUE"},
		"arguments alone":   {[]string{"--program", "--"}, "0 scripts are named"},
		"out is a file":     {[]string{"ok.py", "--out", "ok.py"}, "--out: "},
	} {
		t.Run(name, func(t *testing.T) {
			got := pyrun(t, dir, "", tt.args...)
			if got.code != exitUsage || !strings.Contains(got.stderr, tt.says) || got.stdout != "" {
				t.Errorf("%+v, want %q", got, tt.says)
			}
		})
	}
	bad := command(t, dir, "", "ok.py")
	bad.Env = append(bad.Env, "EXEC_TIMEOUT=never")
	if got := runCommand(t, bad); got.code != exitUsage || !strings.Contains(got.stderr, "EXEC_TIMEOUT") {
		t.Errorf("setting: %+v", got)
	}
	got := pyrun(t, dir, "", "-h")
	for _, row := range exitTable {
		if got.code != 0 || !strings.Contains(got.stderr, row.meaning) {
			t.Errorf("help lacks %q: %+v", row.meaning, got)
		}
	}
}
