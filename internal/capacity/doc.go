// Package capacity works out how a machine is shared between the server and the
// scripts: limits and a machine go in; workers, bytes, connections and warnings
// come out. Fit is the arithmetic and asks nobody anything; This and Meter read
// what the kernel says of the machine and of the control groups around this
// process.
//
//	machine.go      what the machine grants
//	meter.go        how much memory is left, while it runs
//	fit.go          what is asked, and what comes of it
//	sizes.go        memory of all runs together
//	server.go       memory of the server itself
//	descriptors.go  open files: workers, connections, queue
package capacity
