package sandbox

import (
	"encoding/binary"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// attempt is a system call as a filter sees it (struct seccomp_data).
type attempt struct {
	call uint32
	arch uint32 // 0: our own
	args [6]uint64
}

// judge runs a filter over an attempt.
type judge func(attempt) uint32

// vm loads an assembled filter. The machine of x/net/bpf takes packets, which
// are big-endian, the kernel gives a filter native words: the words of the
// packet are therefore swapped. Filters load nothing but whole words.
func vm(t testing.TB, prog []byte, err error) judge {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]bpf.RawInstruction, len(prog)/8)
	for i := range raw {
		b := prog[8*i:]
		raw[i] = bpf.RawInstruction{Op: binary.NativeEndian.Uint16(b), Jt: b[2], Jf: b[3],
			K: binary.NativeEndian.Uint32(b[4:])}
	}
	instructions, all := bpf.Disassemble(raw)
	if !all {
		t.Fatal("not every instruction is one of classic BPF")
	}
	machine, err := bpf.NewVM(instructions)
	if err != nil {
		t.Fatal(err)
	}
	own, err := auditArch()
	if err != nil {
		t.Fatal(err)
	}
	return func(a attempt) uint32 {
		if a.arch == 0 {
			a.arch = own
		}
		words := []uint32{a.call, a.arch, 0xdead, 0xbeef} // number, architecture, instruction pointer
		for _, arg := range a.args {
			words = append(words, uint32(arg), uint32(arg>>32))
		}
		var packet []byte
		for _, w := range words {
			packet = binary.BigEndian.AppendUint32(packet, w)
		}
		verdict, err := machine.Run(packet)
		if err != nil {
			t.Fatal(err)
		}
		return uint32(verdict)
	}
}

// stacked is what the kernel makes of two filters: an error beats consent, and
// the later filter's error the earlier one's.
func stacked(later, earlier judge) judge {
	return func(a attempt) uint32 {
		if v := later(a); v != allow {
			return v
		}
		return earlier(a)
	}
}

func baseVM(t testing.TB) judge {
	prog, err := baseFilter()
	return vm(t, prog, err)
}

func workerVM(t testing.TB, deny ...uintptr) judge {
	prog, err := workerFilter(deny, true, anywhere)
	return stacked(vm(t, prog, err), baseVM(t))
}

var (
	eperm  = refuse(unix.EPERM)
	enosys = refuse(unix.ENOSYS)
)

func TestRefuseIsAnError(t *testing.T) {
	for _, e := range []syscall.Errno{unix.EPERM, unix.ENOSYS} {
		v := refuse(e)
		kind, data := v&^uint32(unix.SECCOMP_RET_DATA), v&unix.SECCOMP_RET_DATA
		if kind != unix.SECCOMP_RET_ERRNO || data != uint32(e) || e == 0 {
			t.Errorf("%v: %#x", e, v)
		}
	}
}

// holds is the meaning of a condition, said a second time.
func (c cond) holds(args [6]uint64) bool {
	low := uint32(args[c.arg])
	switch {
	case c.only != nil && uint32(args[c.only.arg]) != c.only.is:
		return true
	case c.null:
		return args[c.arg] == 0
	case c.within != nil:
		return args[c.arg] == 0 || c.within.from <= args[c.arg] && args[c.arg] <= c.within.to
	case c.allSet&^low != 0, c.noneSet&low != 0, slices.Contains(c.noneOf, low), c.notAll != 0 && c.notAll&^low == 0:
		return false
	}
	return len(c.oneOf) == 0 || slices.Contains(c.oneOf, low) || c.orSet&low != 0
}

// model is the meaning of a list of rules.
func model(rules []rule, other uint32) judge {
	return func(a attempt) uint32 {
		if a.call >= x32Bit {
			return eperm
		}
		for _, r := range rules {
			if uint32(r.call) != a.call {
				continue
			}
			if slices.ContainsFunc(r.when, func(c cond) bool { return !c.holds(a.args) }) {
				return r.els
			}
			return r.then
		}
		return other
	}
}

// A filter means what its rules mean, for every call and arguments of all
// sorts: the conditions' own values, their neighbours, high words, and call
// numbers, which a block that fell through would take for a call.
func TestAssemble(t *testing.T) {
	rules := []rule{
		{call: 3, then: allow},
		{call: 5, when: []cond{{arg: 1, oneOf: []uint32{7, 9, 11}}}, then: allow, els: eperm},
		{call: 7, when: []cond{{arg: 0, null: true}}, then: allow, els: enosys},
		{call: 9, when: []cond{{arg: 2, allSet: 0x90, noneSet: 0x6}}, then: allow, els: eperm},
		{call: 11, when: []cond{{arg: 0, oneOf: []uint32{3}}, {arg: 5, null: true}}, then: allow, els: eperm},
		{call: 13, when: []cond{{arg: 3, allSet: 1 << 31}}, then: eperm, els: allow},
		{call: 15, then: enosys},
		{
			call: 17, when: []cond{{arg: 4, oneOf: []uint32{3, 9}, orSet: 0x84}, {arg: 1, oneOf: []uint32{3, 7}}},
			then: allow, els: eperm,
		},
	}
	values := []uint64{0, 1, 2, 3, 4, 5, 7, 9, 11, 13, 15, 0x90, 0x92, 0x96, 0x80, 1 << 31, 1 << 32, 1<<32 | 9,
		1<<32 | 3, 1 << 63, ^uint64(0)}
	for _, other := range []uint32{allow, eperm} {
		prog, err := assemble(rules, other, eperm)
		got, want := vm(t, prog, err), model(rules, other)
		for call := range uint32(20) {
			for arg := range 6 {
				for _, v := range values {
					for _, rest := range []uint64{0, 3, 7, 0x90} {
						a := attempt{call: call, args: [6]uint64{rest, rest, rest, rest, rest, rest}}
						a.args[arg] = v
						if g, w := got(a), want(a); g != w {
							t.Fatalf("%+v: %#x, want %#x", a, g, w)
						}
					}
				}
			}
		}
	}
}

func TestAssembleRefusesLongBlocks(t *testing.T) {
	var many []uint32
	for i := range uint32(300) {
		many = append(many, i)
	}
	if _, err := assemble([]rule{{call: 1, when: []cond{{oneOf: many}}}}, eperm, eperm); err == nil {
		t.Error("a jump over 300 instructions does not fit into a byte")
	}
}

func TestForeignCalls(t *testing.T) {
	own, err := auditArch()
	if err != nil {
		t.Fatal(err)
	}
	for name, filter := range map[string]judge{"base": baseVM(t), "worker": workerVM(t)} {
		for _, arch := range []uint32{
			unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_AARCH64, unix.AUDIT_ARCH_ARM, 1,
		} {
			for call := range uint32(1024) {
				if v := filter(attempt{call: call, arch: arch}); arch != own && v != eperm {
					t.Fatalf("%s: call %d of architecture %#x: %#x", name, call, arch, v)
				}
			}
		}
		for call := range uint32(1024) {
			for _, high := range []uint32{x32Bit, 0x80000000, 0xc0000000} {
				if v := filter(attempt{call: call | high}); v != eperm {
					t.Fatalf("%s: call %#x: %#x", name, call|high, v)
				}
			}
		}
	}
}

// The kernel checks every instruction at each installation and walks the
// filter at each call that has conditions; 4096 is its own limit.
func TestFilterSizes(t *testing.T) {
	base, err := baseFilter()
	if err != nil {
		t.Fatal(err)
	}
	worker, err := workerFilter((&Plan{On: map[Layer]bool{}}).takenBack(), true, window{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("base %d instructions, worker at most %d", len(base)/8, len(worker)/8)
	if n := len(base) / 8; n > 512 {
		t.Errorf("base filter: %d instructions", n)
	}
	if n := len(worker) / 8; n > 136 {
		t.Errorf("worker filter: %d instructions", n)
	}
}

// anywhere is a window that an ordinary address space lies in.
var anywhere = around(0x7f0000000000, 1<<30)
