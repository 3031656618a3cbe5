// Probe says how scripts would be confined on this machine, for people and for
// support: the layers that it grants, who refused the others, and what to
// change where the required ones can't be had.
//
//	go run ./cmd/probe          a table
//	go run ./cmd/probe -json    the same for programs
//
// It exits with 0 when the server would start, with 1 when it would refuse, and
// with 2 when its arguments or the settings make no sense.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/pyexec/pyexec"
	"github.com/pyexec/pyexec/runtime"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
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
	cfg, err := pyexec.LoadConfig()
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
	if found.Refusal == "" {
		_, err := fmt.Fprintf(w, "\nposture: %s\n", found.Posture)
		return err
	}
	_, err := fmt.Fprintf(w, "\nThe server would not start:\n  %s\n\n%s", found.Refusal, advice)
	return err
}

// advice is what has helped on the machines we know.
const advice = `What can be done, the first being the best:
  Cloud Run           deploy with --execution-environment=gen2
  docker, podman      start as root with --cap-add SYS_ADMIN and a seccomp profile
                      that permits unshare and mount, or allow user namespaces
  Ubuntu, AppArmor    sysctl kernel.apparmor_restrict_unprivileged_userns=0
  Debian, older       sysctl kernel.unprivileged_userns_clone=1
  any, without these  a kernel with Landlock (5.13 or later, "landlock" in the lsm= list)
SANDBOX=off runs scripts without confinement, with the rights of the server.
`
