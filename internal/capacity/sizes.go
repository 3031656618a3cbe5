package capacity

import "fmt"

// The bounds of sizes that nobody sets.
const (
	// Below minMemory too little of what people write runs; above maxMemory
	// a run should say that it needs it.
	minMemory, maxMemory = 64 * mib, 512 * mib
	// Runs wait now and then, so that some more of them than there are CPUs
	// use the CPUs better; many more only take memory.
	workersPerCPU = 4
	// With two workers one can run while the other is being replaced.
	minWorkers = 2
	// A request that waits takes so much, its connection included, beside what is
	// counted of its body. All of them may take a sixteenth of the memory.
	waiterBytes  = 32 * kib
	waitersShare = 16
)

// sizes is what a machine is divided into, in bytes where it is memory. In the
// argument of fit, zero stands for "not given".
type sizes struct {
	Workers, Queue        int
	MemoryBytes, TmpBytes int64
	// Server is the memory of the server.
	Server serverSizes
}

// fit works out the sizes that are not given from those that are and from the
// container. It never overrules what is given.
func fit(m Machine, ask sizes) sizes {
	usable := max(m.Memory-ask.Server.Base, 0)
	least := minWorkers
	if ask.MemoryBytes != 0 {
		least = 1 // whoever asks for large runs gets few
	}
	if ask.MemoryBytes == 0 {
		workers := ask.Workers
		if workers == 0 {
			workers = minWorkers
		}
		share := usable/int64(workers) - ask.Server.Run - ask.Server.Kernel - ask.TmpBytes
		ask.MemoryBytes = min(max(share/mib*mib, minMemory), maxMemory)
	}
	if ask.Workers == 0 {
		fitting := usable / (ask.MemoryBytes + ask.TmpBytes + ask.Server.Kernel + ask.Server.Run)
		ask.Workers = max(int(min(fitting, int64(m.CPUs*workersPerCPU))), least)
	}
	if ask.Queue == 0 {
		ask.Queue = int(min(max(m.Memory/waitersShare/waiterBytes, int64(ask.Workers)), maxConnections))
	}
	return ask
}

// pressureReserve is how many bytes of memory have to be left, or the largest run
// is ended: as much as scripts can take between two looks.
func pressureReserve(m Machine) int64 { return min(m.Memory/16, 64*mib) }

// runs is how many bytes the runs of all workers hold at worst, each at its limits.
func (s sizes) runs() int64 { return int64(s.Workers) * (s.MemoryBytes + s.TmpBytes + s.Server.Kernel) }

// jail is how many bytes the runs and the workers that wait may hold together, on
// top of the interpreter.
func (s sizes) jail() int64 { return s.runs() + int64(s.Workers)*ownPages + jailSlack }

// room is how many bytes are left for requests and replies.
func (s sizes) room(m Machine) int64 {
	return m.Memory - s.runs() - s.Server.fixed(s.Workers)
}

// overcommitted returns a sentence if the runs of all workers, each at its limits,
// need more memory than there is beside the server. The operator may want that: few
// scripts use all that they may.
func (s sizes) overcommitted(m Machine) string {
	bodies, replies := s.Server.held(s.Workers, s.room(m))
	server := s.Server.fixed(s.Workers) + bodies + replies
	need := s.runs() + server
	if need <= m.Memory {
		return ""
	}
	return fmt.Sprintf("memory: %d workers of %d MiB, %d MiB of /tmp and %d MiB in the kernel each, and %d MiB "+
		"for the server, are %d MiB, more than the %d MiB of this container",
		s.Workers, s.MemoryBytes/mib, s.TmpBytes/mib, s.Server.Kernel/mib, server/mib, need/mib, m.Memory/mib)
}
