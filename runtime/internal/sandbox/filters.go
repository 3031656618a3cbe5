package sandbox

import (
	"slices"

	"golang.org/x/sys/unix"
)

// baseFilter is installed by the launch stage and inherited by every worker.
func baseFilter() ([]byte, error) {
	eperm := refuse(unix.EPERM)
	rules := []rule{
		// The flags of clone3 lie in memory where a filter can't read them:
		// ENOSYS makes glibc use clone.
		{call: unix.SYS_CLONE3, then: refuse(unix.ENOSYS)},
		{call: unix.SYS_CLONE, then: allow},
		{call: unix.SYS_PRCTL, then: allow},
		{
			call: unix.SYS_MADVISE, when: []cond{{arg: 2, oneOf: slices.Concat(advices, zygoteAdvices)}},
			then: allow, els: refuse(unix.EINVAL),
		},
		// Python's Path.copy goes on without it after this error alone.
		{call: unix.SYS_SENDFILE, then: refuse(unix.ENOTSOCK)},
	}
	for _, call := range zygoteCalls {
		rules = append(rules, rule{call: call, then: allow})
	}
	for _, a := range slices.Concat(scriptCalls, archCalls) {
		if a.call != unix.SYS_PRCTL {
			rules = append(rules, rule{call: a.call, when: a.when, then: allow, els: eperm})
		}
	}
	return assemble(rules, eperm, eperm)
}

// window is where a script may map memory at an address of its choice, as the
// dynamic loader does: around what is mapped already. Page tables take two pages
// for each far corner of the address space that is used, and no rlimit counts
// them.
type window struct{ from, to uint64 }

// around is the window that holds whatever the kernel itself can choose for
// size bytes of address space, of which at is in use; it grows down or up.
func around(at uint64, size int64) window {
	reach := uint64(size) + windowSlack
	return window{from: at - min(at, reach), to: at + reach}
}

// windowSlack is for what alignment leaves free.
const windowSlack = 512 << 20

// workerFilter narrows the base filter to what a script may do. It is short
// because the kernel checks every call number against it at each installation.
// Without a PID namespace a script may ask for no process but itself.
func workerFilter(deny []uintptr, pidNamespace bool, at window) ([]byte, error) {
	eperm := refuse(unix.EPERM)
	rules := []rule{
		{
			call: unix.SYS_CLONE,
			when: []cond{{arg: 0, allSet: threadFlags, noneSet: processFlags}},
			then: allow, els: eperm,
		},
		{call: unix.SYS_MMAP, when: []cond{{arg: 0, within: &at}}, then: allow, els: eperm},
		{
			call: unix.SYS_MADVISE, when: []cond{{arg: 2, noneOf: zygoteAdvices}}, then: allow,
			els: refuse(unix.EINVAL),
		},
		// A lower limit of processor time ends a script by the signal that is
		// somebody else's doing otherwise. To ask for it is nothing.
		{
			call: unix.SYS_PRLIMIT64, when: []cond{{arg: 2, null: true, only: &only{arg: 1, is: unix.RLIMIT_CPU}}},
			then: allow, els: eperm,
		},
		{
			call: unix.SYS_SETRLIMIT, when: []cond{{arg: 0, noneOf: []uint32{unix.RLIMIT_CPU}}}, then: allow,
			els: eperm,
		},
	}
	for _, a := range scriptCalls {
		if a.call == unix.SYS_PRCTL {
			rules = append(rules, rule{call: a.call, when: a.when, then: allow, els: eperm})
		}
	}
	if !pidNamespace {
		rules = append(rules, askers...)
	}
	for _, call := range slices.Concat(zygoteCalls, deny) {
		refusal := eperm
		if slices.Contains(unsupported, call) {
			refusal = refuse(unix.EOPNOTSUPP)
		}
		rules = append(rules, rule{call: call, then: refusal})
	}
	return assemble(rules, allow, eperm)
}

// addresses is where a script may map memory at an address of its choice.
func (j *Jail) addresses(base Base) window {
	if j.probing {
		return window{to: 1<<60 - 1}
	}
	return around(base.MappedAt, base.Bytes+j.Policy.Limits.MemoryBytes)
}
