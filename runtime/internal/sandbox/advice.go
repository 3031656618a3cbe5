package sandbox

import (
	"slices"
	"strings"
)

// hint is what to change where a refusal stands in the way of more.
type hint struct {
	layers []Layer
	saying []string // any of these is in the refusal; empty: whatever it says
	root   []bool   // for whom
	gVisor []bool   // and where
	text   string
}

var (
	either = []bool{true, false}
	yes    = []bool{true}
	no     = []bool{false}
)

// hints are ordered: what helps most comes first.
var hints = []hint{
	{[]Layer{MountNamespace}, []string{"clone"}, either, yes,
		"Cloud Run: deploy with --execution-environment=gen2; the first generation's gVisor refuses namespaces"},
	{[]Layer{MountNamespace}, []string{"operation not permitted", "function not implemented", "invalid argument"},
		either, no,
		"docker, podman: the seccomp profile refuses namespaces; give one that permits clone and unshare with " +
			"namespace flags, mount, umount2, pivot_root and setns (podman's own default does): --security-opt " +
			"seccomp=FILE"},
	{[]Layer{MountNamespace}, []string{"operation not permitted", "permission denied"}, no, no,
		"Debian and its kin: sysctl kernel.unprivileged_userns_clone=1"},
	{[]Layer{MountNamespace}, []string{"no space left", "too many users"}, either, either,
		"user namespaces are used up or switched off: sysctl user.max_user_namespaces=10000"},
	{[]Layer{PrivateRoot, PrivateTmp}, []string{"mount", "pivot_root"}, either, no,
		"AppArmor (Ubuntu 23.10 and later) grants a user namespace and refuses mounts in it: sysctl " +
			"kernel.apparmor_restrict_unprivileged_userns=0, or a profile with the rule userns; in a container " +
			"also --security-opt apparmor=unconfined"},
	{[]Layer{Chroot}, []string{"chroot: operation not permitted"}, yes, either,
		"as root without namespaces: --cap-add SYS_CHROOT"},
	{[]Layer{Chroot}, []string{"read-only", "permission denied", "no such file"}, yes, either,
		"as root without namespaces: a writable cache directory on a file system that allows execution, named by " +
			"XDG_CACHE_HOME"},
	{[]Layer{OwnUID, Capabilities}, nil, yes, either,
		"as root, for a uid per run: --cap-add SETUID --cap-add SETGID --cap-add SETPCAP --cap-add CHOWN " +
			"--cap-add KILL"},
	{[]Layer{Landlock}, []string{"not implemented or disabled"}, either, no,
		"Landlock: a kernel of 5.13 or later with landlock in the lsm= list, and a container runtime whose " +
			"profile knows it"},
	{[]Layer{MemoryCgroup}, []string{"Delegate"}, either, no,
		"a control group for the runs: Delegate=memory in the [Service] section of the server's unit"},
	{[]Layer{MemoryCgroup}, []string{"other processes", "read-only", "permission denied"}, either, no,
		"a control group for the runs: one of version 2 that the server may write to and is alone in, as docker " +
			"run --privileged without --init gives, or systemd-run -p Delegate=memory"},
	{[]Layer{Seccomp, NoNewPrivs}, nil, either, either,
		"seccomp: a kernel with CONFIG_SECCOMP_FILTER"},
}

// Advice says what to change to be granted more than the grants of the best scheme.
func (g Grants) Advice() []string {
	var out []string
	for _, h := range hints {
		if !slices.Contains(h.root, g.Root) || !slices.Contains(h.gVisor, g.GVisor) || !g.lacks(h) {
			continue
		}
		out = append(out, h.text)
	}
	if _, err := Choose(g, "/"); err != nil && !g.Root {
		out = append(out, "start as root: where no namespaces are granted root can still shut scripts in a "+
			"chroot with a uid of their own")
	}
	return out
}

// lacks reports whether a refusal that h is about stands in the way: a layer
// that a granted scheme has is not lacking.
func (g Grants) lacks(h hint) bool {
	for _, l := range h.layers {
		found := false
		for i := range schemes {
			s := &schemes[i]
			refused, tried := g.Refused[s.name]
			if !tried || !s.uses(l) {
				continue
			}
			why, is := refused[l]
			if !is && len(s.missing(refused)) == 0 {
				found = false
				break
			}
			said := func(part string) bool { return strings.Contains(why, part) }
			found = found || is && (len(h.saying) == 0 || slices.ContainsFunc(h.saying, said))
		}
		if found {
			return true
		}
	}
	return false
}
