package ldso

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strings"
)

// object is what the dynamic loader reads of an ELF file.
type object struct {
	path    string // as the loader sees it
	machine elf.Machine
	class   elf.Class
	interp  string   // PT_INTERP, empty for a library
	needed  []string // DT_NEEDED
	rpath   []string // DT_RPATH: also for what the needed libraries need
	runpath []string // DT_RUNPATH: for the needed libraries only
}

// readObject reads the ELF file at file; path is the name the loader has for
// it, against which $ORIGIN is resolved by the caller.
//
// It goes by the program headers, like the loader. debug/elf finds the dynamic
// section by the section headers, which a stripped file need not have.
func readObject(file, path string) (*object, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer f.Close()
	o := &object{path: path, machine: f.Machine, class: f.Class}
	if f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB {
		return o, nil // of another architecture; the caller looks at class and machine
	}
	for _, p := range f.Progs {
		switch p.Type {
		case elf.PT_INTERP:
			data, err := segment(p)
			if err != nil {
				return nil, fmt.Errorf("%s: interpreter name: %w", file, err)
			}
			o.interp = cstring(data)
		case elf.PT_DYNAMIC:
			data, err := segment(p)
			if err != nil {
				return nil, fmt.Errorf("%s: dynamic section: %w", file, err)
			}
			if err := o.readDynamic(f, data); err != nil {
				return nil, fmt.Errorf("%s: dynamic section: %w", file, err)
			}
		}
	}
	return o, nil
}

// readDynamic takes the names out of the dynamic section data.
func (o *object) readDynamic(f *elf.File, data []byte) error {
	var at, size uint64
	names := map[elf.DynTag][]uint64{}
	for ; len(data) >= 16; data = data[16:] {
		tag, value := elf.DynTag(binary.LittleEndian.Uint64(data)), binary.LittleEndian.Uint64(data[8:])
		switch tag {
		case elf.DT_STRTAB:
			at = value
		case elf.DT_STRSZ:
			size = value
		case elf.DT_NEEDED, elf.DT_RPATH, elf.DT_RUNPATH:
			names[tag] = append(names[tag], value)
		}
		if tag == elf.DT_NULL {
			break
		}
	}
	if len(names) == 0 {
		return nil
	}
	table, err := loaded(f, at, size)
	if err != nil {
		return fmt.Errorf("string table: %w", err)
	}
	text := func(tag elf.DynTag) (list []string) {
		for _, off := range names[tag] {
			if off < uint64(len(table)) {
				list = append(list, cstring(table[off:]))
			}
		}
		return list
	}
	o.needed = text(elf.DT_NEEDED)
	o.runpath = splitPath(text(elf.DT_RUNPATH))
	if len(o.runpath) == 0 { // it cancels DT_RPATH
		o.rpath = splitPath(text(elf.DT_RPATH))
	}
	return nil
}

// maxTable bounds what is read of a file that claims to have a large segment.
const maxTable = 16 << 20

// segment reads a program header's bytes.
func segment(p *elf.Prog) ([]byte, error) {
	if p.Filesz > maxTable {
		return nil, fmt.Errorf("%d bytes", p.Filesz)
	}
	data := make([]byte, p.Filesz)
	_, err := p.ReadAt(data, 0)
	return data, err
}

// loaded reads size bytes at a virtual address. They may go on in another segment
// that follows in memory: what changes a program's strings puts pages before it.
func loaded(f *elf.File, addr, size uint64) ([]byte, error) {
	if size > maxTable {
		return nil, fmt.Errorf("%d bytes", size)
	}
	data := make([]byte, size)
	for have := uint64(0); have < size; {
		n, err := loadedPart(f, addr+have, data[have:])
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, fmt.Errorf("%d bytes at %#x are in no segment", size, addr)
		}
		have += n
	}
	return data, nil
}

// loadedPart reads what of data the segment at an address has, 0 bytes where none
// is there.
func loadedPart(f *elf.File, addr uint64, data []byte) (uint64, error) {
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || addr < p.Vaddr || addr-p.Vaddr >= p.Filesz {
			continue
		}
		n := min(uint64(len(data)), p.Filesz-(addr-p.Vaddr))
		_, err := p.ReadAt(data[:n], int64(addr-p.Vaddr))
		return n, err
	}
	return 0, nil
}

// cstring is data up to its first NUL.
func cstring(data []byte) string {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		data = data[:i]
	}
	return string(data)
}

// splitPath splits colon-separated search paths and drops empty parts, which
// mean the working directory to the loader and nothing good to anybody.
func splitPath(lists []string) (dirs []string) {
	for _, list := range lists {
		for dir := range strings.SplitSeq(list, ":") {
			if dir != "" {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}
