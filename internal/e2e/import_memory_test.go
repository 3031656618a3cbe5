package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// An import for which no memory is left is the limit's doing, however little is left:
// the library may not be mapped, or it may be loaded and ask for more without end.
func TestDataImportWithoutMemory(t *testing.T) {
	base := dataServer(t)
	for _, left := range []int{2, 10, 20, 30, 40, 50, 60, 70} {
		for _, module := range []string{"scipy.linalg", "scipy.optimize", "sklearn.linear_model"} {
			t.Run(fmt.Sprintf("%s with %d MiB", module, left), func(t *testing.T) {
				script := fmt.Sprintf("a = bytearray(%d << 20)\nimport %s\ndef main(): return 1", 512-left, module)
				status, reply := executeFor(t, base, script, 5)
				if status == http.StatusOK && left > 50 {
					return // there was enough
				}
				if reply["status"] != "memory_limit" {
					t.Errorf("%d: %v", status, reply)
				}
			})
		}
	}
}

// What is imported already and wants more without end runs out of time, and is told
// what of.
func TestDataNoMemoryWhileComputing(t *testing.T) {
	base := dataServer(t)
	const script = `
import numpy as np, scipy.linalg
def main():
    a, kept = np.random.rand(60, 60), []
    for size in 16 << 20, 1 << 20:
        try:
            while True: kept.append(bytearray(size))
        except MemoryError: pass
    %s
    return scipy.linalg.solve(a, a).shape`
	status, reply := executeFor(t, base, fmt.Sprintf(script, "kept.pop()"), 3)
	if hint, _ := reply["hint"].(string); reply["status"] != "timeout" || !strings.Contains(hint, "EXEC_MEMORY_MB") {
		t.Errorf("%d: %v", status, reply)
	}
	if status, reply := executeFor(t, base, fmt.Sprintf(script, "kept.clear()"), 10); status != http.StatusOK {
		t.Errorf("with memory: %d: %v", status, reply)
	}
}
