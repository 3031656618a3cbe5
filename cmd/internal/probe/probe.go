// Package probe is the command cmd/probe. It is a package of its own because
// cmd/server is that command, too, when it is started under its name: the image
// has room for one program.
package probe

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/runtime"
)

// Run is the main function of the command with its surroundings as arguments.
// It returns the exit code: 0 when the server would start, 1 when it would
// refuse, 2 when the arguments or the settings make no sense.
func Run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("probe", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "probe: %s: takes no arguments\n", flags.Arg(0))
		return 2
	}
	cfg, err := config.Load()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	found, err := runtime.Examine(context.Background(), cfg.Runtime)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if err := show(stdout, found, *asJSON); err != nil {
		fmt.Fprintf(stderr, "probe: output: %v\n", err)
		return 1
	}
	if found.Refusal != "" {
		return 1
	}
	return 0
}

func show(w io.Writer, found runtime.Examination, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(found)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range found.Layers {
		state := "off"
		if l.On {
			state = "on"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", l.Name, state, l.Note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if found.Refusal == "" {
		fmt.Fprintf(w, "posture: %s (tried in %.0f ms)\n", found.Posture, found.ProbeMS)
	} else {
		fmt.Fprintf(w, "The server would not start:\n  %s\n", found.Refusal)
	}
	if len(found.Advice) > 0 {
		fmt.Fprintln(w, "\nWhat would give more, the best first:")
	}
	for _, a := range found.Advice {
		fmt.Fprintf(w, "  - %s\n", a)
	}
	if found.Refusal == "" {
		return nil
	}
	_, err := fmt.Fprintln(w, "\nSANDBOX=off runs scripts without confinement, with the rights of the server.")
	return err
}
