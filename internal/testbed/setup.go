package testbed

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// Setup is a way the server is deployed.
type Setup struct {
	Name string
	// Ordinary says that the server runs as uid 65534 and not as root.
	Ordinary bool
	// Runtime is podman's OCI runtime, empty for a plain process.
	Runtime string
	// NoNamespaces refuses the server every call that makes a namespace, as
	// Docker's default profile does.
	NoNamespaces bool
	// Devices grants the server CAP_MKNOD, as Docker does and podman does not.
	Devices bool
	// Privileged gives the server all that root has on the host: capabilities,
	// devices, a /proc and a /sys that can be written, no seccomp profile.
	Privileged bool
}

// nobody is the uid and gid of an ordinary user.
const nobody = 65534

// The set-ups.
var (
	PlainRoot        = Setup{Name: "plain-root"}
	PlainUser        = Setup{Name: "plain-user", Ordinary: true}
	Podman           = Setup{Name: "podman", Runtime: "runc"}
	PodmanNoNS       = Setup{Name: "podman-nons", Runtime: "runc", NoNamespaces: true}
	PodmanNoNSUser   = Setup{Name: "podman-nons-user", Runtime: "runc", NoNamespaces: true, Ordinary: true}
	Docker           = Setup{Name: "docker", Runtime: "runc", NoNamespaces: true, Devices: true}
	PodmanPrivileged = Setup{Name: "podman-privileged", Runtime: "runc", Privileged: true}
	GVisorRoot       = Setup{Name: "gvisor-root", Runtime: "runsc"}
	GVisorUser       = Setup{Name: "gvisor-user", Runtime: "runsc", Ordinary: true}
)

// Setups are all set-ups, those first that take least.
func Setups() []Setup {
	return []Setup{
		PlainRoot, PlainUser, Podman, PodmanNoNS, PodmanNoNSUser, Docker, PodmanPrivileged, GVisorRoot, GVisorUser,
	}
}

// Need skips the test, loudly, where this machine lacks what s takes. On the
// machines of our own CI that is a failure: a suite that skips itself proves
// nothing.
func (s Setup) Need(t testing.TB) {
	t.Helper()
	if missing := s.missing(); len(missing) > 0 {
		need.Unmet(t, "set-up %s: this machine lacks %s", s.Name, strings.Join(missing, ", "))
	}
}

func (s Setup) missing() (missing []string) {
	if os.Getuid() != 0 && !(s.Ordinary && s.Runtime == "") {
		missing = append(missing, "root")
	}
	if s.Runtime == "" {
		return missing
	}
	for _, program := range []string{"podman", "iptables", s.Runtime} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	return missing
}
