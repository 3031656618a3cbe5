package pool

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// Only a shortage is waited for; after any other error the interpreter is replaced.
func TestShortage(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want error
	}{
		{fmt.Errorf("sys: pipe: %w", syscall.EMFILE), syscall.EMFILE},
		{fmt.Errorf("zygote: fork: %w", syscall.EAGAIN), syscall.EAGAIN},
		{&os.PathError{Op: "mkdir", Path: "x", Err: syscall.ENOSPC}, syscall.ENOSPC},
		{fmt.Errorf("zygote: fork: %w", syscall.EPERM), nil},
		{&sandbox.Refusal{Layer: sandbox.Seccomp}, nil},
		{os.ErrDeadlineExceeded, nil},
		{errors.New("zygote: worker: the zygote does not answer"), nil},
	} {
		if got := shortage(tt.err); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.err, got, tt.want)
		}
	}
}
