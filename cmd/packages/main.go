// Packages makes a directory of Python packages for PYTHON_PACKAGES, for images
// and for machines without a network.
//
//	go run ./cmd/packages -r cmd/packages/data.txt -o /packages
//	go run ./cmd/packages -libraries -o /packages    shared libraries that the host must have
//
// The directory is the same each time, if the requirements file has hashes. It
// needs a network. Its settings are the server's environment variables:
// PYTHON_HOME, and those that tell pip, too, where to find packages where PyPI
// can't be reached, such as PIP_INDEX_URL.
//
// It exits with 0 when it is done, with 1 when something went wrong, and with 2
// when its arguments or the settings make no sense.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/runtime/provision"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("packages", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("r", "", "requirements `file` to install from")
	dir := flags.String("o", "", "`directory` to make, which must not exist yet")
	libraries := flags.Bool("libraries", false, "instead of installing, print the shared libraries of this machine "+
		"that Python and the directory need, one a line: where the loader looks, and the file")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 || *dir == "" || (*file == "") != *libraries {
		fmt.Fprintln(stderr, "usage: packages -r file -o directory | packages -libraries -o directory")
		return 2
	}
	cfg, err := config.Load()
	if err != nil {
		fmt.Fprintln(stderr, "packages:", err)
		return 2
	}
	from := provision.Config{
		PythonHome: cfg.Runtime.PythonHome, Index: cfg.Runtime.Index, CacheDir: cfg.Runtime.CacheDir,
		Log: logline.New(stderr),
	}
	if *libraries {
		from.Packages = *dir
		err = printLibraries(ctx, from, stdout)
	} else {
		err = provision.InstallPackages(ctx, from, *file, *dir)
	}
	if err != nil {
		fmt.Fprintln(stderr, "packages:", err)
		return 1
	}
	return 0
}

func printLibraries(ctx context.Context, cfg provision.Config, w io.Writer) error {
	files, err := provision.Libraries(ctx, cfg)
	for _, f := range files {
		fmt.Fprintf(w, "%s\t%s\n", f.Path, f.Source)
	}
	return err
}
