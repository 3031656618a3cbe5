package python

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// compiledPath is the prefix of the bundled tree's source names in the byte code. An import
// puts the real ones in, at no cost that could be measured. The real prefix is
// kept out because scripts can read the byte code, and it often holds the name
// of a person.
const compiledPath = "/python"

// byteCompile compiles every module below prefix with the interpreter exe. shown
// takes the place of prefix in the byte code. A source with a syntax error is
// an error unless lenient.
//
// It runs one interpreter for each processor over a share of the files.
// compileall's own -j is not used: it needs POSIX semaphores, that is a
// /dev/shm, and small containers have none.
func byteCompile(ctx context.Context, exe, prefix, shown string, lenient bool) error {
	files, err := modules(prefix)
	if err != nil {
		return fmt.Errorf("byte-compile: %w", err)
	}
	shares := share(files, runtime.GOMAXPROCS(0))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
	)
	for _, s := range shares {
		wg.Go(func() {
			if err := compileShare(ctx, exe, prefix, shown, s, lenient); err != nil {
				// The others end because of this one; theirs is not the cause.
				once.Do(func() { first = err; cancel() })
			}
		})
	}
	wg.Wait()
	return first
}

// compileShare runs one compileall. -B keeps it from leaving byte code of its
// own making, -f from accepting any; unchecked-hash makes an import trust the
// byte code without a look at the source, which nobody can change.
func compileShare(ctx context.Context, exe, prefix, shown string, files []string, lenient bool) error {
	cmd := exec.CommandContext(ctx, exe, "-B", "-I", "-S", "-m", "compileall", "-q", "-f",
		"--invalidation-mode", "unchecked-hash", "-s", prefix, "-p", shown, "-i", "-")
	cmd.Env = []string{} // not nil, which would be this process's own
	cmd.Dir = prefix
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("byte-compile: %w", ctx.Err())
	case bytes.Contains(out, []byte("[Errno 28]")): // compileall prints it and goes on
		return fmt.Errorf("byte-compile: %w", &fs.PathError{Op: "write", Path: prefix, Err: syscall.ENOSPC})
	case lenient && cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 1: // compileall's word for it
		return nil
	}
	return fmt.Errorf("byte-compile: %s: %w%s", exe, err, tail(out))
}

// modules lists the Python sources below prefix, largest first.
func modules(prefix string) ([]string, error) {
	type source struct {
		path string
		size int64
	}
	var found []source
	err := filepath.WalkDir(prefix, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".py" {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		found = append(found, source{path, fi.Size()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b source) int { return int(b.size - a.size) })
	paths := make([]string, len(found))
	for i, s := range found {
		paths[i] = s.path
	}
	return paths, nil
}

// share divides the files among n processes, or fewer if there are not that many
// files.
func share(files []string, n int) [][]string {
	hands := make([][]string, min(n, len(files)))
	for i, f := range files {
		hands[i%len(hands)] = append(hands[i%len(hands)], f)
	}
	return hands
}

// tail is the end of what a command printed, to be appended to an error: the
// last line is where Python says what was wrong.
func tail(out []byte) string {
	const most = 400
	out = bytes.TrimSpace(out)
	if len(out) == 0 {
		return ""
	}
	if len(out) > most {
		out = out[len(out)-most:]
	}
	return fmt.Sprintf(": %q", out)
}
