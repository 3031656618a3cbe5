package capacity

import (
	"strings"
	"testing"
)

func TestDescriptors(t *testing.T) {
	const plenty = 64 << 30
	for _, tt := range []struct {
		name           string
		descriptors    int64
		change         func(*Ask)
		workers, queue int
		connections    int
		err            string // the start of it
		warns          string
	}{
		{name: "not limited", workers: 8, queue: maxConnections - 11, connections: maxConnections},
		{name: "usual", descriptors: 1024, workers: 8, queue: 1024 - 24 - 70 - 11, connections: 1024 - 24 - 70},
		{name: "more than the most", descriptors: 1 << 20, workers: 8, queue: maxConnections - 11,
			connections: maxConnections},
		{name: "few", descriptors: 80, workers: 4, queue: 7, connections: 14,
			warns: "open files: this process may have 80, enough for 4 workers instead of 8: raise the limit of " +
				"open files"},
		{name: "few, the queue given", descriptors: 80, change: func(a *Ask) { a.Queue = 3 }, workers: 4, queue: 3,
			connections: 14, warns: "enough for 4 workers"},
		{name: "too few for what is given", descriptors: 80, change: func(a *Ask) { a.Workers = 60 },
			err: `setting EXEC_WORKERS: "60": needs 522 open files, and this process may have 80: raise the limit of open files (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of docker), or lower the setting to 4`},
		{name: "as many as can be given", descriptors: 80, change: func(a *Ask) { a.Workers, a.Queue = 4, 4 },
			workers: 4, queue: 4, connections: 14},
		{name: "just as many as one worker needs", descriptors: 50,
			change: func(a *Ask) { a.Limits.OpenFiles = 50 }, workers: 1, queue: 1, connections: 5,
			warns: "enough for 1 workers"},
		{name: "fewer", descriptors: 49, change: func(a *Ask) { a.Limits.OpenFiles = 49 },
			err: "open files: this process may have 49, and needs 50 for one worker: raise the limit"},
		{name: "fewer than a script may have", descriptors: 63,
			err: `setting EXEC_OPEN_FILES: "64": this process itself may have 63 open files: raise the limit`},
		{name: "a long queue", descriptors: 256, change: func(a *Ask) { a.Queue = 1000 }, workers: 8, queue: 151,
			connections: 162,
			warns:       `setting EXEC_QUEUE: "1000": 151 it is: there are 162 connections, of which each run and each place in the queue takes one, because this process may have 256 open files: raise`},
		{name: "a queue longer than all connections", change: func(a *Ask) { a.Queue = 10000 }, workers: 8,
			queue: maxConnections - 11, connections: maxConnections,
			warns: `setting EXEC_QUEUE: "10000": 2037 it is: there are 2048 connections`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			share, err := Fit(Machine{CPUs: 2, Memory: plenty, Descriptors: tt.descriptors}, asked(tt.change))
			if tt.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if share.Workers != tt.workers || share.Queue != tt.queue || share.Connections != tt.connections {
				t.Errorf("%d workers, queue of %d, %d connections", share.Workers, share.Queue, share.Connections)
			}
			warnings := strings.Join(share.Warnings, "\n")
			if tt.warns == "" && warnings != "" || !strings.Contains(warnings, tt.warns) {
				t.Errorf("warnings %q", warnings)
			}
		})
	}
}
