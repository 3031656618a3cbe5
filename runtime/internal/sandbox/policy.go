package sandbox

// Policy says what a run may touch. It is data: Compile turns it into steps.
type Policy struct {
	// Binds are the files and directories that a script sees, read-only.
	Binds []Bind
	// Devices are device nodes that a script may read and write.
	Devices []string
	// Scratch is the directory below which every run gets a directory of its
	// own where no tmpfs can be mounted. Empty where there is no such place.
	Scratch string
	// Root is the tree that a chroot makes the root of scripts, with the binds
	// in it as links or copies. Empty where the root is built of mounts.
	Root string
	// Stdin is an empty file that scripts may read; empty: the null device.
	Stdin  string
	Limits Limits
}

// Bind makes Source of the host appear as Target inside the private root.
type Bind struct {
	Source, Target string
	Dir            bool
	// Locked are the mount flags of Source's filesystem that a user namespace
	// may not clear, so that the read-only remount has to repeat them.
	Locked uintptr
}

// Limits are the kernel-enforced bounds of one worker. All are positive.
type Limits struct {
	// MemoryBytes is the address space a script may add to BaseBytes, the size
	// of the zygote it is forked from.
	MemoryBytes, BaseBytes int64
	// MappedAt is an address among those that the zygote has mapped.
	MappedAt           uint64
	CPUSeconds         int64
	TmpBytes, TmpFiles int64
	OpenFiles, Threads int64
}

// Grants says what this machine let throw-away children do.
type Grants struct {
	Root bool `json:"root"` // running as uid 0
	// GVisor is only for the name of the posture: layers are tried.
	GVisor bool `json:"gvisor"`
	// Refused says for each way that was tried which layers were refused and
	// how. A way is tried only where those above it are not granted.
	Refused map[Way]map[Layer]string `json:"refused"`
	// Left are the limits that were refused and that something else stands in for.
	Left     []string `json:"left,omitempty"`
	Landlock int      `json:"landlock"` // ABI version, 0 without
	LastCap  int      `json:"last_cap"` // highest capability that the kernel knows
}

// Posture names a way of confinement that is tested as a whole.
type Posture string

// The postures, strongest first.
const (
	Full         Posture = "full"      // root: every layer, a uid of its own per run
	GVisor       Posture = "gVisor"    // the same or User under gVisor, which has no Landlock
	User         Posture = "user"      // an ordinary user with user namespaces
	Container    Posture = "container" // root without namespaces: chroot, a uid of its own per run
	LandlockOnly Posture = "landlock"  // an ordinary user without: Landlock alone hides the files
	Off          Posture = "off"       // the opt-out
)

// Plan is what Compile made of policy and grants.
type Plan struct {
	Posture Posture
	Way     Way
	// Clone are the namespaces that the launch stage is cloned into.
	Clone uintptr
	// Launch builds the jail, ending with the exec of the interpreter.
	Launch []Step
	// PIDNamespace says that each worker is forked into one of its own.
	PIDNamespace bool
	// OwnUID says that the server gives every worker a uid of its own.
	OwnUID bool
	// WatchThreads says that the server bounds the threads of a run: the kernel
	// counts them together with those of other runs.
	WatchThreads bool
	// On are the layers in force, Notes what stands in for one that is not, or
	// for the part of one that is not.
	On    map[Layer]bool
	Notes map[Layer]string

	gVisor  bool
	probing bool // by a Go program, which maps memory wherever it likes
	lastCap int
	left    []string // rlimits that the kernel does not take
}

// The uids that workers get: systemd's range for ids made up at run time
// (systemd.io/UIDS-GIDS), which no packaged user has.
const (
	FirstUID = 61184
	LastUID  = 65519
)
