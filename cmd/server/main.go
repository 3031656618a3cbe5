// Server is the service as a program: pyexec behind an HTTP server that has
// the timeouts and the shutdown the functions framework lacks.
//
//	go run ./cmd/server        listens on PORT, 8080 unless set
//	go run ./cmd/server -h     lists all settings
//
// Where it could not start or serve the reason is on stderr, in entries like those
// of the log. The log itself, on stdout, may not be open by then.
//
// It exits with 0 after a shutdown by signal, with 1 when it could not start
// or serve, and with 2 when its arguments make no sense.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/pyexec/pyexec/cmd/internal/probe"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
)

func main() {
	if filepath.Base(os.Args[0]) == "probe" { // in the image, a link to the server
		os.Exit(probe.Run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	version := flags.Bool("version", false, "print the version and exit")
	help := flags.Bool("h", false, "print the settings and exit")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: server [-h] [-version]; everything else is set by environment variables, see -h")
	}
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		if err == nil {
			fmt.Fprintf(stderr, "server: %s: takes no arguments\n", flags.Arg(0))
			flags.Usage()
		}
		return 2
	}
	switch {
	case *help:
		printSettings(stdout)
		return 0
	case *version:
		fmt.Fprintln(stdout, "pyexec", buildVersion())
		return 0
	}
	// Before anything takes time: a signal during the start must not kill it
	// in the middle.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(signals)

	if err := serve(signals, stdout); err != nil {
		logline.Fatal(logline.New(stderr), err)
		return 1
	}
	return 0
}

// printSettings lists all environment variables for a person.
func printSettings(w io.Writer) {
	fmt.Fprint(w, "pyexec server: runs Python scripts nobody trusts; GET / of it explains how.\n\nEnvironment "+
		"variables:\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	plain := strings.NewReplacer("`", "")
	for _, s := range config.Settings() {
		value := s.Default
		if value == "" {
			value = "(empty)"
		}
		if len(value) > 40 {
			value = value[:37] + "..."
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", s.Name, plain.Replace(value), plain.Replace(s.Range), plain.Replace(s.Meaning))
	}
	table.Flush()
}

// version is set by the linker in images, whose build has no repository to ask.
var version string

// buildVersion is the module's version, or the commit it was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := cmp.Or(version, info.Main.Version)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (version == "" || version == "(devel)") {
			version = s.Value
		}
	}
	return version + " " + info.GoVersion
}
