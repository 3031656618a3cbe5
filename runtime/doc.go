// Package runtime runs Python scripts that nobody trusts: each in a process of
// its own, made ready beforehand, confined by the kernel before the first byte
// of the script is read, used once.
//
// The life of a run:
//
//	Run ─► admission   one of Config.Workers places, or a bounded wait for one
//	    ─► pool        a ready worker; a replacement is forked in the background
//	    ─► worker      the script runs; its answer comes back on its own channel
//	    ─► outcome     what came back, or how the process died, becomes a Result
//
// A Go error is the service's fault, or says that nothing has run. Whatever the
// script did is a Result with a Status.
//
// The confinement is package sandbox, the fork server package zygote, the
// interpreter package python, all below internal.
package runtime
