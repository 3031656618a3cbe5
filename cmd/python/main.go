// Python makes the prefix of a CPython that is not the bundled one, for PYTHON_HOME.
//
//	go run ./cmd/python -series 3.14 -o /opt/python3.14
//	go run ./cmd/python -series 3.14 -o /opt/python3.14 -proxy "$(go env GOPROXY)"
//
// It takes 110 MB from a Go module proxy, compares them with the hash that it has
// of them, and makes of them what a server makes of the bundled one. The program
// needs no Go where it runs, and reads no settings.
//
// It exits with 0 when it is done, with 1 when something went wrong, and with 2
// when its arguments make no sense.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/runtime/provision"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("python", flag.ContinueOnError)
	flags.SetOutput(stderr)
	series := flags.String("series", "3.14", "`version` of the language")
	dir := flags.String("o", "", "`directory` to make, which must not exist yet")
	proxies := flags.String("proxy", "https://proxy.golang.org", "module `proxies` to ask, a list as in GOPROXY")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 || *dir == "" {
		fmt.Fprintln(stderr, "usage: python [-series version] [-proxy proxies] -o directory")
		return 2
	}
	if err := provision.FetchPython(ctx, *proxies, *series, *dir, logline.New(stderr)); err != nil {
		fmt.Fprintln(stderr, "python:", err)
		return 1
	}
	return 0
}
