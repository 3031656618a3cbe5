package capacity

import (
	"fmt"
	"syscall"
)

// How many descriptors the parts of the server need, measured and rounded up.
const (
	// ownDescriptors are those of the listeners, of connections that scrape
	// metrics, of the log, of the interpreter's channel, of the Go runtime and of
	// clients of Google Cloud.
	ownDescriptors = 24
	// perWorker are the ends of a worker's channel and output and its pidfd,
	// and the other ends while it is being made. All can be made at once.
	perWorker = 4 + 3
	// perEnvironment are those of an interpreter beside the default one, of its
	// directories and of the workers that it keeps. More of its workers than that are
	// there in the place of others.
	perEnvironment = 6 + spareWorkers*perWorker
	// spareWorkers stand ready beyond those that run.
	spareWorkers = 2
	// maxConnections is the most that are granted, on a large machine too: each
	// takes some tens of KiB. Cloud Run has at most 1000 requests at a time in an
	// instance.
	maxConnections = 2048
)

// connectionsLeft is how many connections there can be in a process with so many
// descriptors and so many workers.
func connectionsLeft(descriptors int64, workers int) int64 {
	return min(descriptors-ownDescriptors-int64(workers+spareWorkers)*perWorker, maxConnections)
}

// spareConnections are those beyond the connections of runs and of the queue, which
// are never closed for others. They are for callers who ask for /health, or are
// told that the service is full.
const spareConnections = 3

// leastConnections is what the service can't do without: one for each run, one
// for the queue, and the spare ones.
func leastConnections(workers int) int64 { return int64(workers) + 1 + spareConnections }

// descriptorsFor is how many descriptors so many workers need.
func descriptorsFor(workers int) int64 {
	return ownDescriptors + int64(workers+spareWorkers)*perWorker + leastConnections(workers)
}

// workersWith is how many workers so many descriptors are enough for.
func workersWith(descriptors int64) int {
	n := 0
	for descriptorsFor(n+1) <= descriptors && n < MaxWorkers {
		n++
	}
	return n
}

// descriptorLimit is how many descriptors this process may have. The Go runtime
// has raised the soft limit to the hard one.
func descriptorLimit() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > Unlimited {
		return Unlimited
	}
	return int64(limit.Cur)
}

// raiseWith says how the limit is raised.
const raiseWith = "raise the limit of open files (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of docker)"

// fitDescriptors checks that there are enough descriptors for what the operator has
// asked for. Sizes that were worked out are made smaller where need be.
func (s *Share) fitDescriptors(descriptors int64, ask Ask) error {
	if ask.Limits.OpenFiles > descriptors {
		return fmt.Errorf("setting EXEC_OPEN_FILES: \"%d\": this process itself may have %d open files: %s, or "+
			"lower the setting",
			ask.Limits.OpenFiles, descriptors, raiseWith)
	}
	most := workersWith(descriptors)
	switch {
	case s.Workers <= most:
	case ask.Workers != 0 && most > 0:
		return fmt.Errorf("setting EXEC_WORKERS: \"%d\": needs %d open files, and this process may have %d: %s, "+
			"or lower the setting to %d",
			s.Workers, descriptorsFor(s.Workers), descriptors, raiseWith, most)
	case most == 0:
		return fmt.Errorf("open files: this process may have %d, and needs %d for one worker: %s",
			descriptors, descriptorsFor(1), raiseWith)
	default:
		s.Warnings = append(s.Warnings,
			fmt.Sprintf("open files: this process may have %d, enough for %d workers instead of %d: %s",
				descriptors, most, s.Workers, raiseWith))
		s.Workers = most
	}
	s.Connections = int(connectionsLeft(descriptors, s.Workers))
	return nil
}

// fitQueue makes the queue no longer than the connections allow: each place in
// it takes one. How long it is in effect is a matter of time, see
// runtime.Config.QueueWait, and of the memory that is held of requests.
func (s *Share) fitQueue(descriptors int64, ask Ask) {
	most := s.Connections - s.Workers - spareConnections
	if s.Queue <= most {
		return
	}
	if ask.Queue != 0 {
		warning := fmt.Sprintf("setting EXEC_QUEUE: \"%d\": %d it is: there are %d connections, "+
			"of which each run and each place in the queue takes one", s.Queue, most, s.Connections)
		if s.Connections < maxConnections {
			warning += fmt.Sprintf(", because this process may have %d open files: %s", descriptors, raiseWith)
		}
		s.Warnings = append(s.Warnings, warning)
	}
	s.Queue = most
}
