package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"syscall"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets into struct seccomp_data (linux/seccomp.h). Arguments are 64-bit
// little-endian words on both architectures we build for.
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
)

// x32Bit marks a call of the x32 table, which shares x86-64's architecture word.
const x32Bit = 0x40000000

const allow uint32 = unix.SECCOMP_RET_ALLOW

func refuse(e syscall.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(e) }

// cond is what must hold for one argument of a call. Only the low 32 bits are
// looked at, which is all the kernel itself uses of the arguments we test,
// except for null and within, which test a pointer. One of them, or any of the
// others.
type cond struct {
	arg     int
	oneOf   []uint32
	orSet   uint32 // with oneOf: or one of these bits is set
	noneOf  []uint32
	allSet  uint32
	noneSet uint32
	notAll  uint32 // not every one of these bits is set
	null    bool
	within  *window // null, or an address in there
	only    *only   // where this does not hold, the condition does
}

// only is another argument's value.
type only struct {
	arg int
	is  uint32
}

// rule decides one system call: then when every condition holds (or there is
// none), otherwise the other action.
type rule struct {
	call      uintptr
	when      []cond
	then, els uint32
}

// assemble turns rules into the bytes of a seccomp filter. Every block of a
// call with conditions ends in a return and never falls through to the next
// one, so that an argument is never mistaken for a call number. Calls of a
// foreign architecture or of the x32 table get foreign.
func assemble(rules []rule, other, foreign uint32) ([]byte, error) {
	arch, err := auditArch()
	if err != nil {
		return nil, err
	}
	p := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: arch, SkipTrue: 1},
		bpf.RetConstant{Val: foreign},
		bpf.LoadAbsolute{Off: offNumber, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: x32Bit, SkipTrue: 1},
		bpf.RetConstant{Val: foreign},
	}
	for _, r := range rules {
		body := r.body()
		if len(body) > 255 {
			return nil, fmt.Errorf("seccomp: call %d: %d instructions are too many for one jump", r.call, len(body))
		}
		p = append(p, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(r.call), SkipFalse: uint8(len(body))})
		p = append(p, body...)
	}
	p = append(p, bpf.RetConstant{Val: other})
	raw, err := bpf.Assemble(p)
	if err != nil {
		return nil, fmt.Errorf("seccomp: assemble: %w", err)
	}
	var out bytes.Buffer
	for _, ins := range raw {
		if err := binary.Write(&out, binary.NativeEndian, ins); err != nil {
			return nil, fmt.Errorf("seccomp: encode: %w", err)
		}
	}
	return out.Bytes(), nil
}

// body is what is done once the call number has matched.
func (r rule) body() []bpf.Instruction {
	var p []bpf.Instruction
	for _, c := range r.when {
		p = append(p, c.test(bpf.RetConstant{Val: r.els})...)
	}
	return append(p, bpf.RetConstant{Val: r.then})
}

// test returns otherwise unless the condition holds, and falls through if so.
func (c cond) test(otherwise bpf.RetConstant) []bpf.Instruction {
	var p []bpf.Instruction
	switch {
	case c.null:
		p = c.isNull(otherwise)
	case c.within != nil:
		p = c.isWithin(otherwise)
	default:
		p = c.ofWord(otherwise)
	}
	if c.only != nil {
		p = append([]bpf.Instruction{
			low(c.only.arg), bpf.JumpIf{Cond: bpf.JumpEqual, Val: c.only.is, SkipFalse: uint8(len(p))},
		}, p...)
	}
	return p
}

func low(arg int) bpf.LoadAbsolute { return bpf.LoadAbsolute{Off: uint32(offArgs + 8*arg), Size: 4} }
func high(arg int) bpf.LoadAbsolute {
	return bpf.LoadAbsolute{Off: uint32(offArgs + 8*arg + 4), Size: 4}
}

func (c cond) isNull(otherwise bpf.RetConstant) []bpf.Instruction {
	return []bpf.Instruction{
		low(c.arg), bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 1}, otherwise,
		high(c.arg), bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 1}, otherwise,
	}
}

// isWithin compares both words with both ends. A filter could put them together
// and compare once, but not every kernel computes what Linux does.
func (c cond) isWithin(otherwise bpf.RetConstant) []bpf.Instruction {
	hi, lo := func(n uint64) uint32 { return uint32(n >> 32) }, func(n uint64) uint32 { return uint32(n) }
	from, to := c.within.from, c.within.to
	unit := []bpf.Instruction{
		high(c.arg), bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: hi(from), SkipTrue: 5},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: hi(from), SkipTrue: 1}, otherwise,
		low(c.arg), bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: lo(from), SkipTrue: 1}, otherwise,
		high(c.arg), bpf.JumpIf{Cond: bpf.JumpLessThan, Val: hi(to), SkipTrue: 5},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: hi(to), SkipTrue: 1}, otherwise,
		low(c.arg), bpf.JumpIf{Cond: bpf.JumpLessOrEqual, Val: lo(to), SkipTrue: 1}, otherwise,
	}
	return append([]bpf.Instruction{
		low(c.arg), bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0, SkipTrue: 2},
		high(c.arg), bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: uint8(len(unit))},
	}, unit...)
}

// ofWord tests the low word.
func (c cond) ofWord(otherwise bpf.RetConstant) []bpf.Instruction {
	p := []bpf.Instruction{low(c.arg)}
	for i := range 32 {
		if bit := uint32(1) << i; c.allSet&bit != 0 {
			p = append(p, bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: bit, SkipTrue: 1}, otherwise)
		}
	}
	if c.noneSet != 0 {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: c.noneSet, SkipTrue: 1}, otherwise)
	}
	for _, v := range c.noneOf {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: v, SkipTrue: 1}, otherwise)
	}
	if c.orSet != 0 {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: c.orSet, SkipTrue: uint8(len(c.oneOf) + 1)})
	}
	for i, v := range c.oneOf {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpEqual, Val: v, SkipTrue: uint8(len(c.oneOf) - i)})
	}
	if len(c.oneOf) > 0 {
		p = append(p, otherwise)
	}
	if c.notAll != 0 { // last: the word is gone after it
		p = append(p, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: c.notAll},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: c.notAll, SkipTrue: 1}, otherwise)
	}
	return p
}

func auditArch() (uint32, error) {
	switch runtime.GOARCH {
	case "amd64":
		return unix.AUDIT_ARCH_X86_64, nil
	case "arm64":
		return unix.AUDIT_ARCH_AARCH64, nil
	}
	return 0, fmt.Errorf("seccomp: architecture %s: no system call table", runtime.GOARCH)
}
