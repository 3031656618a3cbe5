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
// RunCases does so for many inputs of one script, or has one worker answer them all.
//
// A Go error is the service's fault, or says that nothing has run. Whatever the
// script did is a Result with a Status.
//
// # Packages
//
// This package is the façade:
//
//	job.go                   what callers hand in and get back
//	config.go, start.go      how the parts are set up
//	children.go              the children of this same binary
//	runtime.go               what there is while it serves, and its end
//	examine.go               what a machine grants, for cmd/probe
//	run.go, admission.go     one run; places and the queue for them
//	cases*.go                many inputs for one script: lanes of runs, or a series
//	bill.go                  what a run cost, when that is known
//	outcome.go, advice.go    an answer, or a death, as a result in words
//	unexplained.go           deaths that are nobody's doing here
//	extras.go, files.go      what comes with an answer; names of files
//
// The rest is below internal:
//
//	pool      workers that are ready; watches runs, heals itself
//	zygote    the fork server and its workers: processes, pipes, the wire
//	harness   our Python in the confined process
//	bytecode  the harness compiled, from one start to the next
//	sandbox   what confines scripts, and how it is tried and checked
//	cgroup    control groups
//	children  makes a process one of the trusted children, before all else
//	software  what scripts find: python (the interpreter's files), packages
//	ldso      which shared libraries that needs
//	sys, proc what is asked of the kernel and confines nothing
//
// Package provision, beside them, makes images and directories of packages.
package runtime
