package sandbox

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Apply carries out steps on the calling thread, which must be locked, and
// stops at the first refusal. It is used by the launch stage and the probe;
// workers have their own executor of the same lists in Python.
func Apply(steps []Step, values map[string]int64) *Refusal {
	for i := range steps {
		if r := apply(&steps[i], values); r != nil {
			return r
		}
	}
	return nil
}

func apply(s *Step, values map[string]int64) *Refusal {
	var args [6]uintptr
	var keep []any
	for i, a := range s.Args {
		args[i] = a.word(values, &keep)
	}
	r, _, errno := unix.RawSyscall6(s.Call, args[0], args[1], args[2], args[3], args[4], args[5])
	runtime.KeepAlive(keep)
	if int(errno) != s.Errno {
		if errno == 0 {
			errno = unix.ENOTRECOVERABLE // a check that should have been refused was not
		}
		return &Refusal{Layer: s.Layer, Step: s.Name, Errno: errno}
	}
	if s.Save != "" {
		values[s.Save] = int64(r)
	}
	if s.Want != nil && errno == 0 && r != s.Want.word(values, &keep) {
		return &Refusal{Layer: s.Layer, Step: s.Name, Errno: unix.ENOTRECOVERABLE}
	}
	return nil
}

// word is the argument as the kernel takes it; what it points to goes to keep.
func (a Arg) word(values map[string]int64, keep *[]any) uintptr {
	switch {
	case a.Str != "":
		b := append([]byte(a.Str), 0)
		*keep = append(*keep, b)
		return uintptr(unsafe.Pointer(&b[0]))
	case a.Buf != nil:
		b := append([]byte(nil), a.Buf...)
		if a.Ref != "" {
			binary.NativeEndian.PutUint32(b[a.RefAt:], uint32(values[a.Ref]))
		}
		*keep = append(*keep, b)
		return uintptr(unsafe.Pointer(&b[0]))
	case a.Prog != nil:
		prog := append([]byte(nil), a.Prog...)
		f := &unix.SockFprog{Len: uint16(len(prog) / 8), Filter: (*unix.SockFilter)(unsafe.Pointer(&prog[0]))}
		*keep = append(*keep, prog, f)
		return uintptr(unsafe.Pointer(f))
	case a.Ref != "":
		return uintptr(values[a.Ref])
	}
	return uintptr(a.Int)
}
