package runtime

import "testing"

func TestBytes(t *testing.T) {
	for n, want := range map[Bytes]string{
		0: "0 bytes", 1: "1 bytes", 1000: "1000 bytes", 1023: "1023 bytes", 1024: "1 KiB", 1025: "1025 bytes",
		1536:     "1536 bytes",
		10 << 10: "10 KiB", 1 << 20: "1 MiB", 1<<20 + 1<<10: "1025 KiB", 512 << 20: "512 MiB", 3 << 30: "3 GiB",
		1 << 40: "1024 GiB",
	} {
		if got := n.String(); got != want {
			t.Errorf("%d: %q, want %q", int64(n), got, want)
		}
	}
}
