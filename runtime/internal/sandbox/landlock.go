package sandbox

import (
	"encoding/binary"
	"path"

	"golang.org/x/sys/unix"
)

// What a Landlock rule may grant. Rights that came with later versions of the
// interface are masked by the version the machine has.
const (
	landlockRead = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
		unix.LANDLOCK_ACCESS_FS_EXECUTE
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
		b = binary.NativeEndian.AppendUint64(b,
			unix.LANDLOCK_ACCESS_NET_BIND_TCP|unix.LANDLOCK_ACCESS_NET_CONNECT_TCP)
	}
	if abi >= 6 {
		b = binary.NativeEndian.AppendUint64(b, unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET|unix.LANDLOCK_SCOPE_SIGNAL)
	}
	return b
}

// restrictFlags keeps what a script is refused out of the host's audit log,
// which it could flood, where abi knows such a log.
func restrictFlags(abi int) uint32 {
	if abi >= 7 {
		return unix.LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF
	}
	return 0
}

// landlockRule grants rights on a path that every worker may reach.
type landlockRule struct {
	path   string
	rights uint64
}

// landlockRules is the policy as rules. Inside a private root the directories
// that the libraries are mounted in hold nothing else, so that one rule for
// each is enough; on the host's own tree every library gets its rule.
func (j *Jail) landlockRules() []landlockRule {
	var rules []landlockRule
	seen := map[string]bool{}
	for _, b := range j.Policy.Binds {
		r := landlockRule{b.Source, landlockFile}
		if j.OwnRoot() {
			r = landlockRule{path.Dir(b.Target), landlockRead}
		}
		if b.Dir {
			r = landlockRule{b.Source, landlockRead}
			if j.OwnRoot() {
				r.path = b.Target
			}
		}
		if !seen[r.path] {
			seen[r.path] = true
			rules = append(rules, r)
		}
	}
	for _, d := range j.Policy.Devices {
		rules = append(rules, landlockRule{d, landlockDevice})
	}
	if stdin := j.Policy.Stdin; stdin != "" {
		rules = append(rules, landlockRule{stdin, unix.LANDLOCK_ACCESS_FS_READ_FILE})
	}
	return rules
}

// openPaths lists the steps by which the zygote opens what the rules name: a
// rule takes a descriptor, and the same ones serve every worker.
func (j *Jail) openPaths() []Step {
	var steps []Step
	for _, r := range j.landlockRules() {
		steps = append(steps, Step{
			Layer: Landlock, Name: "open " + r.path, Why: "for the rules of the workers", Call: unix.SYS_OPENAT,
			Args: []Arg{num(unix.AT_FDCWD), str(r.path), num(unix.O_PATH | unix.O_CLOEXEC), num(0)}, Save: r.path,
		})
	}
	return steps
}

// restrictFiles lists the steps that make the policy's paths all there is.
func (j *Jail) restrictFiles() []Step {
	attr := rulesetAttr(j.landlock)
	steps := []Step{{
		Layer: Landlock, Name: "create_ruleset",
		Why:  "after mounts and ids: it forbids the former and outlives the latter",
		Call: unix.SYS_LANDLOCK_CREATE_RULESET, Args: []Arg{buf(attr), num(len(attr)), num(0)}, Save: "ruleset",
	}}
	grant := func(r landlockRule) {
		rule := binary.NativeEndian.AppendUint64(nil, r.rights&handledFS(j.landlock))
		rule = binary.NativeEndian.AppendUint32(rule, 0)
		steps = append(steps, Step{
			Layer: Landlock, Name: "add_rule " + r.path, Why: "what a script may reach",
			Call: unix.SYS_LANDLOCK_ADD_RULE,
			Args: []Arg{
				ref("ruleset"), num(unix.LANDLOCK_RULE_PATH_BENEATH), {Buf: rule, Ref: r.path, RefAt: 8}, num(0),
			},
		})
	}
	for _, r := range j.landlockRules() {
		grant(r)
	}
	here := landlockRule{".", landlockWrite}
	steps = append(steps, Step{
		Layer: Landlock, Name: "open .", Why: "the run's own directory, made only now", Call: unix.SYS_OPENAT,
		Args: []Arg{num(unix.AT_FDCWD), str(here.path), num(unix.O_PATH | unix.O_CLOEXEC), num(0)}, Save: here.path,
	})
	grant(here)
	return append(steps, Step{
		Layer: Landlock, Name: "restrict_self", Why: "from here on nothing else exists",
		Call: unix.SYS_LANDLOCK_RESTRICT_SELF, Args: []Arg{ref("ruleset"), num(restrictFlags(j.landlock))},
	})
}
