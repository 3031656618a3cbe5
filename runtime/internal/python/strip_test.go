package python

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/ldso/elftest"
)

func TestStripDebug(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lib.so")
	elftest.Write(t, path, elftest.File{Needed: []string{"libc.so.6"}})
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	withDebug := append(bytes.Clone(want), make([]byte, 4096)...)
	binary.LittleEndian.PutUint64(withDebug[40:], uint64(len(want))) // e_shoff
	binary.LittleEndian.PutUint16(withDebug[58:], 64)                // e_shentsize
	binary.LittleEndian.PutUint16(withDebug[60:], 1)                 // e_shnum
	if err := os.WriteFile(path, withDebug, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := stripDebug(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
	if err := os.WriteFile(path, []byte("no library"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := stripDebug(path); err == nil {
		t.Error("a file that is not ELF was accepted")
	}
}
