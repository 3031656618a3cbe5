package sandbox

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// What a Landlock rule may grant. Rights that came with later versions of the
// interface are masked by the version the machine has.
const (
	landlockRead  = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_EXECUTE
	landlockWrite = landlockRead&^unix.LANDLOCK_ACCESS_FS_EXECUTE |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SYM |
		unix.LANDLOCK_ACCESS_FS_REFER
	landlockFile   = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE
	landlockDevice = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
)

// handledFS is every filesystem right that version abi of the interface knows.
func handledFS(abi int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1) - 1 // version 1: up to MAKE_SYM
	if abi >= 2 {
		rights |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi >= 3 {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 5 {
		rights |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return rights
}

// rulesetAttr is struct landlock_ruleset_attr as far as abi knows it.
func rulesetAttr(abi int) []byte {
	b := binary.NativeEndian.AppendUint64(nil, handledFS(abi))
	if abi >= 4 {
		b = binary.NativeEndian.AppendUint64(b, unix.LANDLOCK_ACCESS_NET_BIND_TCP|unix.LANDLOCK_ACCESS_NET_CONNECT_TCP)
	}
	if abi >= 6 {
		b = binary.NativeEndian.AppendUint64(b, unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET|unix.LANDLOCK_SCOPE_SIGNAL)
	}
	return b
}

// landlock lists the steps that make the policy's paths all there is.
func landlock(p Policy, plan *Plan, abi int) []Step {
	attr := rulesetAttr(abi)
	steps := []Step{{
		Layer: Landlock, Name: "create_ruleset", Why: "after mounts and ids: it forbids the former and outlives the latter",
		Call: unix.SYS_LANDLOCK_CREATE_RULESET, Args: []Arg{buf(attr), num(len(attr)), num(0)}, Save: "ruleset",
	}}
	grant := func(path Arg, name string, rights uint64) {
		rule := binary.NativeEndian.AppendUint64(nil, rights&handledFS(abi))
		rule = binary.NativeEndian.AppendUint32(rule, 0)
		steps = append(steps,
			Step{Layer: Landlock, Name: "open " + name, Why: "a rule takes a descriptor", Call: unix.SYS_OPENAT,
				Args: []Arg{num(unix.AT_FDCWD), path, num(unix.O_PATH | unix.O_CLOEXEC), num(0)}, Save: "path"},
			Step{Layer: Landlock, Name: "add_rule " + name, Why: "what a script may reach", Call: unix.SYS_LANDLOCK_ADD_RULE,
				Args: []Arg{ref("ruleset"), num(unix.LANDLOCK_RULE_PATH_BENEATH), {Buf: rule, Ref: "path", RefAt: 8}, num(0)}},
			Step{Layer: Landlock, Name: "close " + name, Why: "not the script's business", Call: unix.SYS_CLOSE, Args: []Arg{ref("path")}})
	}
	for _, b := range p.Binds {
		path, rights := b.Source, uint64(landlockFile)
		if plan.On[PrivateRoot] {
			path = b.Target
		}
		if b.Dir {
			rights = landlockRead
		}
		grant(str(path), path, rights)
	}
	for _, d := range p.Devices {
		grant(str(d), d, landlockDevice)
	}
	grant(str("."), "working directory", landlockWrite)
	return append(steps,
		Step{Layer: Landlock, Name: "restrict_self", Why: "from here on nothing else exists", Call: unix.SYS_LANDLOCK_RESTRICT_SELF, Args: []Arg{ref("ruleset"), num(0)}},
		Step{Layer: Landlock, Name: "close ruleset", Why: "not the script's business", Call: unix.SYS_CLOSE, Args: []Arg{ref("ruleset")}})
}
