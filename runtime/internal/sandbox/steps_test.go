package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/bpf"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

var update = flag.Bool("update", false, "write testdata/steps anew")

// goldenPolicy is a policy with several of everything, at which no step looks on
// this machine.
func goldenPolicy() Policy {
	p := testPolicy()
	p.Binds = append(p.Binds,
		Bind{Source: "/host/packages", Target: "/packages", Dir: true, Locked: 2 | 4},
		Bind{Source: "/opt/lib/libz.so.1", Target: "/lib/libz.so.1"},
		Bind{Source: "/lib64/ld.so", Target: "/lib64/ld.so"})
	p.Devices = []string{"/dev/null", "/dev/urandom"}
	p.Limits.MemoryBytes = 512 << 20
	return p
}

// goldenBase is what the zygote is said to hold.
var goldenBase = Base{Bytes: 100 << 20, MappedAt: 0x7f1234567000}

// shutIn is the policy with what a tree adds to it, whose null device is a pipe.
func shutIn(p Policy) Policy {
	return p.In(&Tree{Root: "/host/tree", Devices: []string{"/dev/null"}, Stdin: "/dev/empty"})
}

// compiled is all that there is to know of one jail.
type compiled struct {
	*Jail
	launch, prepare, worker []Step
}

func compile(t *testing.T, plan *Plan, p Policy) compiled {
	t.Helper()
	j := &Jail{Plan: *plan, Policy: p}
	launch, err := j.Launch()
	if err != nil {
		t.Fatal(err)
	}
	worker, err := j.Worker(goldenBase)
	if err != nil {
		t.Fatal(err)
	}
	return compiled{Jail: j, launch: launch, prepare: j.Prepare(), worker: worker}
}

// compileAll makes every jail that there can be on the machines of TestChoose,
// by name.
func compileAll(t *testing.T) map[string]compiled {
	t.Helper()
	all := map[string]compiled{"off": compile(t, Unconfined(), goldenPolicy())}
	for _, m := range machines {
		for _, abi := range versions(m.name, m.grants.Landlock) {
			m.grants.Landlock = abi
			plan, err := Choose(m.grants, "/scratch")
			if err != nil {
				t.Fatal(err)
			}
			policy := goldenPolicy()
			if plan.On[Chroot] {
				policy = shutIn(policy)
			}
			all[fmt.Sprintf("%s, version %d", m.name, abi)] = compile(t, plan, policy)
		}
	}
	for i := range schemes {
		s := &schemes[i]
		plan := newPlan(s, Grants{Landlock: 7, LastCap: 40, Refused: map[Scheme]map[Layer]string{s.name: {}}})
		plan.probing = true
		all["probe of "+string(s.name)] = compile(t, plan, goldenPolicy())
	}
	return all
}

// versions are those of Landlock that are compiled for a machine: all where its
// rules, or what seccomp refuses in its place, depend on them.
func versions(machine string, latest int) []int {
	switch machine {
	case "root, plain kernel", "docker's default, ordinary user":
		return []int{1, 2, 3, 4, 5, 6, 7}
	}
	return []int{latest}
}

// The lists of all jails are, step by step and byte by byte, those that were
// looked through when they were last changed: go test -update writes them anew.
func TestStepsAreKnown(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		need.Elsewhere(t, "the numbers of calls are those of amd64; what lists them is the same everywhere")
	}
	want := map[string]string{}
	for name, c := range compileAll(t) {
		name = strings.NewReplacer(", ", "-", ": ", "-", " ", "-", "'", "").Replace(name)
		want[name+".txt"] = c.text()
		for _, s := range slices.Concat(c.launch, c.worker) {
			for _, a := range s.Args {
				if a.Prog != nil {
					want[filterName(a.Prog)+".txt"] = disassembly(t, a.Prog)
				}
			}
		}
	}
	dir := filepath.Join("testdata", "steps")
	if *update {
		writeAll(t, dir, want)
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range there {
		if _, ok := want[f.Name()]; !ok {
			t.Errorf("%s: no jail comes to this", f.Name())
		}
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if string(got) != text {
			t.Errorf("%s: %s", name, firstDifference(string(got), text))
		}
	}
}

func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	err := os.RemoveAll(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	for name, text := range files {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// text is the jail for a reader: every member of every step.
func (c compiled) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "posture %s\nby %s\nclone %#x\nwatch threads %v\nown root %v\ntaken back %v\n",
		c.Posture, c.Scheme, c.Clone, c.WatchThreads, c.OwnRoot(), c.TakenBack())
	for _, l := range Layers() {
		fmt.Fprintf(&b, "%s %v", l, c.On[l])
		if note := c.Notes[l]; note != "" {
			fmt.Fprintf(&b, ": %s", note)
		}
		b.WriteByte('\n')
	}
	for _, list := range []struct {
		name  string
		steps []Step
	}{{"launch", c.launch}, {"prepare", c.prepare}, {"worker", c.worker}} {
		fmt.Fprintf(&b, "\n# %s: %d steps\n", list.name, len(list.steps))
		for _, s := range list.steps {
			writeStep(&b, s)
		}
	}
	return b.String()
}

func writeStep(b *strings.Builder, s Step) {
	fmt.Fprintf(b, "%s: %s: call %d", s.Layer, s.Name, s.Call)
	for _, a := range s.Args {
		b.WriteByte(' ')
		writeArg(b, a)
	}
	if s.Save != "" {
		fmt.Fprintf(b, " save %q", s.Save)
	}
	if s.Errno != 0 {
		fmt.Fprintf(b, " errno %d", s.Errno)
	}
	if s.Want != nil {
		b.WriteString(" want ")
		writeArg(b, *s.Want)
	}
	fmt.Fprintf(b, " (%s)\n", s.Why)
}

func writeArg(b *strings.Builder, a Arg) {
	fmt.Fprintf(b, "[%d", a.Int)
	if a.Str != "" {
		fmt.Fprintf(b, " str %q", a.Str)
	}
	if a.Buf != nil {
		fmt.Fprintf(b, " buf %x", a.Buf)
	}
	if a.Prog != nil {
		fmt.Fprintf(b, " prog %s", filterName(a.Prog))
	}
	if a.Ref != "" {
		fmt.Fprintf(b, " ref %q", a.Ref)
	}
	if a.RefAt != 0 {
		fmt.Fprintf(b, " at %d", a.RefAt)
	}
	b.WriteByte(']')
}

func filterName(prog []byte) string {
	return fmt.Sprintf("filter-%d-%x", len(prog)/8, sha256.Sum256(prog))[:30]
}

// disassembly is a filter, one instruction a line.
func disassembly(t *testing.T, prog []byte) string {
	t.Helper()
	raw := make([]bpf.RawInstruction, len(prog)/8)
	if err := binary.Read(bytes.NewReader(prog), binary.NativeEndian, raw); err != nil {
		t.Fatal(err)
	}
	instructions, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatal("an instruction that is none")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "sha256 %x\n", sha256.Sum256(prog))
	for i, ins := range instructions {
		fmt.Fprintf(&b, "%d: %v\n", i, ins)
	}
	return b.String()
}
