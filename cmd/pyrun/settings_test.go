package main

import (
	"testing"

	"github.com/pyexec/pyexec/internal/capacity"
	"github.com/pyexec/pyexec/internal/config"
)

// A machine that has less memory than a run may take stops pyrun only if somebody
// has asked for that much.
func TestASmallMachine(t *testing.T) {
	small := capacity.Machine{CPUs: 1, Memory: 200 << 20}
	for name, tt := range map[string]struct {
		memory string // EXEC_MEMORY_MB
		refuse bool
	}{
		"nothing asked": {"", false},
		"too much":      {"1024", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("EXEC_MEMORY_MB", tt.memory)
			t.Setenv("EXEC_OVERCOMMIT", "")
			cfg, err := config.Parse(append([]string{"EXEC_MEMORY_MB=" + tt.memory}, oneRun()...), small)
			if (err != nil) != tt.refuse {
				t.Errorf("got %v", err)
			}
			if err == nil && cfg.Runtime.Workers != 1 {
				t.Errorf("%d workers", cfg.Runtime.Workers)
			}
		})
	}
}
