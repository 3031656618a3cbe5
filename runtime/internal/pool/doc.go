// Package pool keeps confined workers ready for scripts, and the interpreter alive
// that they are forked from. It knows nothing of jobs and results: whoever takes a
// worker runs a script in it (package zygote) and gives it back to be ended.
//
// # A worker's way
//
//	vacant ──fork──► Ready ──Take──► runs its one script ──Discard──► vacant
//	                   │                  ▲
//	                   └── Discard        └── Watch: looked at every 20 ms
//
// There are tokens for Config.Workers + Spares workers. Each is in one of these
// states, and a worker is never used twice. A run gives its token back when it is
// over, so that no replacement is forked while the script wants the processor.
//
// A lean pool has tokens for Spares workers, and makes more while callers wait: size.go.
//
// # What goes wrong
//
//	the interpreter dies        all its workers are ended, another one is started (heal.go)
//	it is stopped by somebody   noticed when a worker is late: it is killed
//	a worker cannot be made     because something has run out: tried again; else the
//	                            interpreter is replaced
//	a run holds too much        it is ended: its own limit (watch.go), or the memory of
//	                            the machine runs out and it is the largest (pressure.go)
//	the kernel has to kill      what all runs of a jail hold together is bounded by a
//	                            control group, where there is one (groups.go)
//
// # Directories
//
// Where a jail has no private /tmp each run has a directory on disk (scratch.go),
// which is watched, and removed when its process is gone.
package pool
