// Package elftest makes ELF files for tests.
package elftest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// File is what Write writes: as much of an ELF file as a loader looks at
// before it loads anything.
type File struct {
	Machine               elf.Machine // x86-64 if zero
	Interp                string
	Needed                []string
	Rpath, Runpath        string
	TableSize, TableStart uint64 // of the string table, to lie about it
	Split                 bool   // the string table begins in one segment and ends in the next
}

// Write writes the file and the directories above it.
func Write(t testing.TB, path string, e File) {
	t.Helper()
	if e.Machine == 0 {
		e.Machine = elf.EM_X86_64
	}
	table := []byte{0}
	var dynamic []uint64
	add := func(tag elf.DynTag, s string) {
		dynamic = append(dynamic, uint64(tag), uint64(len(table)))
		table = append(append(table, s...), 0)
	}
	for _, n := range e.Needed {
		add(elf.DT_NEEDED, n)
	}
	if e.Rpath != "" {
		add(elf.DT_RPATH, e.Rpath)
	}
	if e.Runpath != "" {
		add(elf.DT_RUNPATH, e.Runpath)
	}
	const start = 64 + 4*56 // behind the headers
	tableAt := uint64(start + len(e.Interp) + 1)
	if e.TableSize == 0 {
		e.TableSize = uint64(len(table))
	}
	dynamic = append(dynamic, uint64(elf.DT_STRTAB), tableAt+e.TableStart, uint64(elf.DT_STRSZ), e.TableSize, 0, 0)
	dynamicAt := tableAt + uint64(len(table))
	end := dynamicAt + 8*uint64(len(dynamic))

	progs := e.programs(start, tableAt, uint64(len(table)), dynamicAt, end)
	head := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(e.Machine), Version: 1,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 4}
	copy(head.Ident[:], elf.ELFMAG)
	head.Ident[elf.EI_CLASS], head.Ident[elf.EI_DATA], head.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64),
		byte(elf.ELFDATA2LSB), 1

	var b bytes.Buffer
	for _, part := range []any{head, progs, append([]byte(e.Interp), 0), table, dynamic} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
}

// programs are the program headers of a file with its parts at these offsets.
func (e File) programs(start, tableAt, tableLen, dynamicAt, end uint64) []elf.Prog64 {
	progs := []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Filesz: end, Memsz: end},
		{Type: uint32(elf.PT_DYNAMIC), Off: dynamicAt, Filesz: end - dynamicAt},
		{Type: uint32(elf.PT_INTERP), Off: start, Filesz: tableAt - start},
		{Type: uint32(elf.PT_NULL)},
	}
	if e.Split {
		middle := tableAt + tableLen/2
		progs[0].Filesz, progs[0].Memsz = middle, middle
		progs[3] = elf.Prog64{Type: uint32(elf.PT_LOAD), Off: middle, Vaddr: middle, Filesz: end - middle,
			Memsz: end - middle}
	}
	if e.Interp == "" {
		progs[2].Type = uint32(elf.PT_NULL)
	}
	return progs
}
