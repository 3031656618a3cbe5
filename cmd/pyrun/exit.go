package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Exit codes.
const (
	exitOK          = 0
	exitScript      = 1
	exitUsage       = 2
	exitLimit       = 3
	exitUnavailable = 4
	exitOther       = 5
	exitThere       = 6
)

// exitTable has the exit code of each status of a reply, for the code and for the
// help text. A status that is not in it has exitOther.
var exitTable = []struct {
	code     int
	meaning  string
	statuses []string
}{
	{exitOK, "main() returned; of all cases, and each has passed of which something was expected", []string{"ok"}},
	{exitScript, "the script is at fault, in at least one of many cases",
		[]string{"main_missing", "import_blocked", "syntax_error", "environment_missing", "not_json", "script_error",
			"exited", "killed"}},
	{exitUsage, "the command line or a file it names is, or the service did not take the request",
		[]string{"invalid_request"}},
	{exitLimit, "a limit ended the run",
		[]string{"timeout", "cpu_limit", "memory_limit", "output_limit", "result_limit", "file_limit"}},
	{exitUnavailable, "the service can't be reached, is full or is away: try again",
		[]string{"overloaded", "unavailable"}},
	{exitOther, "anything else: no sandbox on this machine, a fault of the service, a reply that is none, output " +
		"that can't be written", []string{"internal_error"}},
	{exitThere, "main() returned, but a file is in the way of --out or --result, which overwrite nothing without " +
		"--force", nil},
}

// exitCode returns the exit code for a status.
func exitCode(status string) int {
	for _, row := range exitTable {
		if slices.Contains(row.statuses, status) {
			return row.code
		}
	}
	return exitOther
}

func printExitCodes(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range exitTable {
		fmt.Fprintf(table, "  %d\t%s", row.code, row.meaning)
		if row.statuses != nil {
			fmt.Fprintf(table, " (%s)", strings.Join(row.statuses, ", "))
		}
		fmt.Fprintln(table)
	}
	fmt.Fprintf(table, "  128+n\tsignal n ended the run; 130 is Ctrl-C\n")
	_ = table.Flush() // stderr: where that can't be written there is nobody to tell
}

// failure is an error with the code to exit with.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }
