package sandbox

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Family names calls of a script that only some plans take back.
type Family string

// The families.
const (
	Signals    Family = "signals"    // to any process
	Attributes Family = "attributes" // what belongs to a file and is not its content
	Truncation Family = "truncation" // by the file's name
	Links      Family = "links"      // another name for a file
	Extended   Family = "extended"   // attributes of a file, by its name
	Allocation Family = "allocation" // room for a file beyond what it holds
)

// families are the calls of each.
var families = map[Family][]uintptr{
	Signals:    {unix.SYS_KILL, unix.SYS_TGKILL},
	Attributes: append([]uintptr{unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_UTIMENSAT}, archAttributeCalls...),
	Truncation: {unix.SYS_TRUNCATE},
	Links:      append([]uintptr{unix.SYS_LINKAT}, archLinkCalls...),
	Extended:   {unix.SYS_GETXATTR, unix.SYS_LGETXATTR, unix.SYS_LISTXATTR, unix.SYS_LLISTXATTR},
	Allocation: {unix.SYS_FALLOCATE},
}

// unsupported are calls that are taken back as a file system refuses them that
// has no such thing: programs cope with that. posix_fallocate writes then.
var unsupported = slices.Concat(families[Extended], families[Allocation])

// takenBack are the calls of the families that TakenBack names.
func (p *Plan) takenBack() (calls []uintptr) {
	for _, f := range p.TakenBack() {
		calls = append(calls, families[f]...)
	}
	return calls
}

// TakenBack says which calls seccomp refuses in this plan and not in others, because
// no layer that is in force covers what they do.
func (p *Plan) TakenBack() []Family {
	var taken []Family
	if !p.On[PIDNamespace] && !p.On[OwnUID] && !(p.On[Landlock] && p.landlock >= 6) {
		taken = append(taken, Signals)
	}
	switch {
	case !p.OwnRoot():
		// Landlock knows neither modes nor times: the owner of a file may
		// change them wherever it is, the interpreter's own included.
		// Of extended ones it knows nothing at all.
		taken = append(taken, Attributes, Extended)
		if p.landlock < 3 {
			taken = append(taken, Truncation)
		}
	case p.gVisor && !p.On[OwnUID]:
		// gVisor looks at the owner there, and not at the mount, which is
		// read-only: the interpreter belongs to the user who runs the server.
		taken = append(taken, Attributes, Truncation)
	}
	if p.gVisor {
		taken = append(taken, Links) // its tmpfs counts inodes and not names
	}
	if !p.On[PrivateTmp] {
		// The server, which watches the run's directory, sees the sizes of
		// files, and no limit of the kernel's is about what goes beyond them.
		taken = append(taken, Allocation)
	}
	return taken
}
