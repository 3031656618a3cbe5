// Pyrun runs a Python script that nobody trusts: on this machine, under the
// sandbox that the service has, or on a service.
//
//	pyrun script.py                         here
//	pyrun - < script.py                     here, the script from standard input
//	pyrun --url https://HOST script.py      on a service
//	pyrun -h                                all flags, and the exit codes
//
// What the script prints appears while it runs, standard error included. The
// JSON text of what main() returned is the last line of standard output, unless
// --result names a file for it. Interrupted, pyrun ends the run.
//
// A local run is a request, too: pyrun has the service in itself and talks to
// it over a pipe, so that both ways have one contract, the same limits and the
// same settings (EXEC_TIMEOUT, EXEC_MEMORY_MB and so on, see server -h).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if isTerminal(stderr) {
		stderr = visible{stderr}
	}
	opts, err := parseOptions(args, stderr)
	if err != nil {
		if errors.Is(err, errHelp) {
			return exitOK
		}
		fmt.Fprintf(stderr, "pyrun: %v\npyrun -h explains\n", err)
		return exitUsage
	}
	// A second signal has its usual effect.
	ctx, stop := signalContext()
	defer stop()
	err = execute(ctx, opts, stdin, &console{out: stdout, err: stderr})
	var interrupted *signalError
	if errors.As(context.Cause(ctx), &interrupted) {
		fmt.Fprintf(stderr, "pyrun: %s\n", interrupted)
		return 128 + int(interrupted.signal)
	}
	if err == nil {
		return exitOK
	}
	tell(stderr, err)
	var f *failure
	if !errors.As(err, &f) {
		return exitOther
	}
	return f.code
}

// tell writes one sentence for each error that errors.Join has joined in err.
func tell(w io.Writer, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && errors.Join(joined.Unwrap()...).Error() == err.Error() {
		for _, part := range joined.Unwrap() {
			tell(w, part)
		}
		return
	}
	fmt.Fprintf(w, "pyrun: %v\n", err)
}

// execute does what the command line asks for.
func execute(ctx context.Context, opts *options, stdin io.Reader, c *console) error {
	body, err := newRequest(opts, stdin)
	if err != nil {
		return &failure{exitUsage, err}
	}
	if opts.linesFlag != "" {
		return executeBatch(ctx, opts, body, stdin, c)
	}
	if err := checkResult(opts.result, opts.force); err != nil {
		return err
	}
	out, err := openOut(opts.out, opts.force)
	if err != nil {
		return &failure{exitUsage, err}
	}
	defer out.close()
	service, err := openEndpoint(ctx, opts, c.err)
	if err != nil {
		return err
	}
	defer service.close()
	rep, err := service.send(ctx, body, opts.header, c)
	if err != nil {
		return err
	}
	return finish(rep, opts, out, c)
}

// signalError is the cause of a context that a signal has canceled.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return e.signal.String() + ": the run was ended" }

// signalContext returns a context that SIGINT, SIGTERM or SIGHUP cancels.
func signalContext() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(&signalError{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}
