package python

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
)

// stripDebug cuts from an ELF64 file what follows the last segment that is
// loaded: debug information, the symbol table, the section headers. The loader
// reads none of it. Where the cache is memory, as on Cloud Run, those 33 MB of
// libpython are memory too.
func stripDebug(path string) error {
	end, err := loadedEnd(path)
	if err != nil {
		return fmt.Errorf("strip: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("strip: %w", err)
	}
	defer f.Close()
	var h elf.Header64
	if err := binary.Read(f, binary.LittleEndian, &h); err != nil {
		return fmt.Errorf("strip: %s: %w", path, err)
	}
	h.Shoff, h.Shentsize, h.Shnum, h.Shstrndx = 0, 0, 0, 0
	if _, err := f.Seek(0, 0); err != nil {
		return fmt.Errorf("strip: %w", err)
	}
	if err := binary.Write(f, binary.LittleEndian, &h); err != nil {
		return fmt.Errorf("strip: %w", err)
	}
	if err := f.Truncate(end); err != nil {
		return fmt.Errorf("strip: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("strip: %w", err)
	}
	return nil
}

// loadedEnd is the offset behind the last byte that a program header covers.
func loadedEnd(path string) (int64, error) {
	f, err := elf.Open(path)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB {
		return 0, fmt.Errorf("%s: %v %v: want a 64-bit little-endian ELF file", path, f.Class, f.Data)
	}
	var end uint64
	for _, p := range f.Progs {
		end = max(end, p.Off+p.Filesz)
	}
	if end == 0 {
		return 0, fmt.Errorf("%s: no program headers", path)
	}
	return int64(end), nil
}
