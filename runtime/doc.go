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
// # Rooms
//
// This package is the façade: what callers hand in and get back (job.go), how a
// service is set up (config.go, start.go), and how an answer becomes a result in
// words (outcome.go, advice.go, extras.go, files.go). The rest is below internal:
//
//	pool      workers that are ready; watches runs, heals itself
//	zygote    the fork server and its workers: processes, pipes, the wire
//	harness   our Python in the confined process
//	sandbox   what confines scripts, and how it is tried and checked
//	cgroup    control groups
//	software  what scripts find: python (the interpreter's files), packages
//	ldso      which shared libraries that needs
//	sys, proc what is asked of the kernel and confines nothing
//
// Package provision, beside them, makes images and directories of packages.
package runtime
