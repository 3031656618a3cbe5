package python

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// ELF is what WriteELF writes: as much of an ELF file as a loader looks at
// before it loads anything.
type ELF struct {
	Machine               elf.Machine // x86-64 if zero
	Interp                string
	Needed                []string
	Rpath, Runpath        string
	TableSize, TableStart uint64 // of the string table, to lie about it
}

// WriteELF writes the file and the directories above it.
func WriteELF(t testing.TB, path string, e ELF) {
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
	const start = 64 + 3*56 // behind the headers
	tableAt := uint64(start + len(e.Interp) + 1)
	if e.TableSize == 0 {
		e.TableSize = uint64(len(table))
	}
	dynamic = append(dynamic, uint64(elf.DT_STRTAB), tableAt+e.TableStart, uint64(elf.DT_STRSZ), e.TableSize, 0, 0)
	dynamicAt := tableAt + uint64(len(table))
	end := dynamicAt + 8*uint64(len(dynamic))

	progs := []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Filesz: end, Memsz: end},
		{Type: uint32(elf.PT_DYNAMIC), Off: dynamicAt, Filesz: end - dynamicAt},
		{Type: uint32(elf.PT_INTERP), Off: start, Filesz: tableAt - start},
	}
	if e.Interp == "" {
		progs[2].Type = uint32(elf.PT_NULL)
	}
	head := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(e.Machine), Version: 1,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 3}
	copy(head.Ident[:], elf.ELFMAG)
	head.Ident[elf.EI_CLASS], head.Ident[elf.EI_DATA], head.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1

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

func TestReadObject(t *testing.T) {
	for _, tt := range []struct {
		name string
		elf  ELF
		want object
		err  bool
	}{
		{name: "program", elf: ELF{Interp: "/lib64/ld.so", Needed: []string{"libc.so.6", "libm.so.6"}},
			want: object{interp: "/lib64/ld.so", needed: []string{"libc.so.6", "libm.so.6"}}},
		{name: "library", elf: ELF{Needed: []string{"libc.so.6"}, Runpath: "$ORIGIN/../lib:/opt/lib:"},
			want: object{needed: []string{"libc.so.6"}, runpath: []string{"$ORIGIN/../lib", "/opt/lib"}}},
		{name: "rpath", elf: ELF{Rpath: "/a:/b"}, want: object{rpath: []string{"/a", "/b"}}},
		{name: "runpath cancels rpath", elf: ELF{Rpath: "/a", Runpath: "/b"}, want: object{runpath: []string{"/b"}}},
		{name: "no needs", elf: ELF{}, want: object{}},
		{name: "string table too long", elf: ELF{Needed: []string{"x"}, TableSize: 1 << 40}, err: true},
		{name: "string table nowhere", elf: ELF{Needed: []string{"x"}, TableStart: 1 << 40}, err: true},
		{name: "string table empty", elf: ELF{Needed: []string{"x"}, TableSize: 1}, want: object{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "object")
			WriteELF(t, path, tt.elf)
			got, err := readObject(path, "/as/seen")
			if tt.err {
				if err == nil {
					t.Fatalf("got %+v", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tt.want.path, tt.want.machine, tt.want.class = "/as/seen", elf.EM_X86_64, elf.ELFCLASS64
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", *got, tt.want)
			}
		})
	}
}

// Whatever is in a file under site-packages, reading it ends without a panic.
func FuzzReadObject(f *testing.F) {
	dir := f.TempDir()
	WriteELF(f, filepath.Join(dir, "seed"), ELF{Interp: "/lib64/ld.so", Needed: []string{"libc.so.6"}, Runpath: "/a"})
	seed, err := os.ReadFile(filepath.Join(dir, "seed"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(elf.ELFMAG))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "object")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, _ = readObject(path, path)
	})
}

func TestStripDebug(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lib.so")
	WriteELF(t, path, ELF{Needed: []string{"libc.so.6"}})
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
