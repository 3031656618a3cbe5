// Package sys makes the system calls that confine nothing: on descriptors, on
// processes and their pidfds, and on the ids of one thread. Raw calls are allowed
// here and in package sandbox alone, where they need a reviewer: this package is
// kept apart so that sandbox is about confinement and nothing else.
//
// Descriptors are plain numbers here, owned by the caller: they go to the child, to
// an os.File, or back to [CloseFD].
package sys
