package ldso

import (
	"debug/elf"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/ldso/elftest"
)

func TestReadObject(t *testing.T) {
	for _, tt := range []struct {
		name string
		elf  elftest.File
		want object
		err  bool
	}{
		{name: "program", elf: elftest.File{Interp: "/lib64/ld.so", Needed: []string{"libc.so.6", "libm.so.6"}},
			want: object{interp: "/lib64/ld.so", needed: []string{"libc.so.6", "libm.so.6"}}},
		{name: "library", elf: elftest.File{Needed: []string{"libc.so.6"}, Runpath: "$ORIGIN/../lib:/opt/lib:"},
			want: object{needed: []string{"libc.so.6"}, runpath: []string{"$ORIGIN/../lib", "/opt/lib"}}},
		{name: "rpath", elf: elftest.File{Rpath: "/a:/b"}, want: object{rpath: []string{"/a", "/b"}}},
		{name: "runpath cancels rpath", elf: elftest.File{Rpath: "/a", Runpath: "/b"},
			want: object{runpath: []string{"/b"}}},
		{name: "no needs", elf: elftest.File{}, want: object{}},
		{name: "string table too long", elf: elftest.File{Needed: []string{"x"}, TableSize: 1 << 40}, err: true},
		{name: "string table nowhere", elf: elftest.File{Needed: []string{"x"}, TableStart: 1 << 40}, err: true},
		{name: "string table empty", elf: elftest.File{Needed: []string{"x"}, TableSize: 1}, want: object{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "object")
			elftest.Write(t, path, tt.elf)
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
	elftest.Write(f, filepath.Join(dir, "seed"),
		elftest.File{Interp: "/lib64/ld.so", Needed: []string{"libc.so.6"}, Runpath: "/a"})
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
