package sandbox

import (
	"strings"
	"testing"
)

// What to change is said by who refused what, and only where something is lacking.
func TestAdvice(t *testing.T) {
	const clone = "clone with namespaces: operation not permitted"
	for _, tt := range []struct {
		name   string
		grants Grants
		want   []string // the beginning of each
	}{
		{"root, plain kernel", refusedBy(true, 7, ""), nil},
		{"podman's default, root", refusedBy(true, 7, "").refuse(ByRoot, clone, allNamespaced...), nil},
		{"docker's default, root", refusedBy(true, 7, clone, allNamespaced...),
			[]string{"docker, podman: the seccomp profile"}},
		{"docker's default, ordinary user", refusedBy(false, 7, clone, allNamespaced...),
			[]string{"docker, podman", "Debian"}},
		{"no user namespaces left",
			refusedBy(false, 7, "clone with namespaces: no space left on device", allNamespaced...),
			[]string{"user namespaces are used up"}},
		{"AppArmor", refusedBy(false, 7, "mount /proc: permission denied", PrivateRoot), []string{"AppArmor"}},
		{"gVisor", refusedBy(true, 0, "").but(inGVisor), nil},
		{"gVisor, namespaces refused, ordinary user", refusedBy(false, 0, clone, allNamespaced...).but(inGVisor),
			[]string{"Cloud Run: deploy", "start as root"}},
		{"root with few capabilities",
			refusedBy(true, 7, clone, allNamespaced...).refuse(ByChroot, "setgroups: operation not permitted",
				OwnUID),
			[]string{"docker, podman", "as root, for a uid per run"}},
		{"no chroot", refusedBy(true, 7, clone, allNamespaced...).refuse(ByChroot,
			"chroot: operation not permitted", Chroot),
			[]string{"docker", "as root without namespaces: --cap-add SYS_CHROOT"}},
		{"read-only", refusedBy(true, 7, clone, allNamespaced...).refuse(ByChroot,
			"mkdir /cache: read-only file system", Chroot),
			[]string{"docker", "as root without namespaces: a writable cache"}},
		{"no seccomp", refusedBy(true, 7, "base filter: invalid argument", Seccomp), []string{"seccomp: a kernel"}},
		{"an old kernel", refusedBy(false, 0, "").but(func(g *Grants) {
			for _, refused := range g.Refused {
				refused[Landlock] = "landlock_create_ruleset: function not implemented or disabled"
			}
		}), []string{"Landlock: a kernel"}},
		{"a service that is not delegated",
			refusedBy(true, 7, "the group is systemd's: x.service lacks Delegate=yes", MemoryCgroup),
			[]string{"a control group for the runs: Delegate"}},
		{"a group that can't be written", refusedBy(true, 7, "mkdir: read-only file system", MemoryCgroup),
			[]string{"a control group for the runs: one of version 2"}},
		{"no memory controller",
			refusedBy(true, 7, "the memory controller is not among those of version 2 here", MemoryCgroup), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.grants.Advice()
			ok := len(got) == len(tt.want)
			for i := range got {
				ok = ok && strings.HasPrefix(got[i], tt.want[i])
			}
			if !ok {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
}
