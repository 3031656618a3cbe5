package main

import (
	"errors"
	"fmt"
	"strings"
)

// checkProgram refuses what a program can't have, in the words of the command line: those of
// the service are of fields that nobody has written here.
func (o *options) checkProgram() error {
	if !o.program {
		return nil
	}
	for _, of := range []struct {
		flag    string
		given   bool
		instead string
	}{
		{"entry", o.entry != "", ""},
		{"spread", o.spread, ""},
		{"input", o.hasIn, ": it reads --stdin FILE, and has what stands behind -- as arguments"},
		{"inputs", o.linesFlag == "inputs", `: --cases FILE has lines such as {"stdin": "3\n"}, each what it reads once`},
	} {
		if of.given {
			return fmt.Errorf("--%s: a program has no function to call%s", of.flag, of.instead)
		}
	}
	if o.isolation == "run" {
		return errors.New("--isolation: run: a program has no function to call again: leave it out")
	}
	return nil
}

// inFlags puts what the service says of fields into the words of the command line.
var inFlags = strings.NewReplacer(
	"where entry is null", "with --program",
	`set "entry" in the request: the name of the function to call, or null to run the script as a program, which reads `+
		"stdin and is handed no input", "name another function with --entry, or run the script with --program, which "+
		"reads --stdin, or that of --cases, and is handed no input",
)
