package packages

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/packages/shelf"
)

// Refusal is a demand that can't be met, whoever tries again.
type Refusal struct{ error }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.error }

// Refuse makes a Refusal.
func Refuse(format string, args ...any) error { return &Refusal{fmt.Errorf(format, args...)} }

// machineFaults are errors of this machine, whatever it is asked for.
var machineFaults = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE,
	syscall.ENFILE, syscall.ENOMEM, syscall.EACCES, syscall.EPERM, context.Canceled, context.DeadlineExceeded,
	shelf.ErrFull, errSettings}

// judged makes an error a Refusal unless the index or the machine is at fault.
func judged(err error) error {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refusal // without what is about the index
	}
	if _, ok := errors.AsType[*index.Failure](err); ok {
		return err
	}
	for _, fault := range machineFaults {
		if errors.Is(err, fault) {
			return err
		}
	}
	return &Refusal{err}
}

// errSettings is the cause when the index can't be asked as it is set up.
var errSettings = errors.New("settings of the index")
