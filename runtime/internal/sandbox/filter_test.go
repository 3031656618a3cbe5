package sandbox

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// refusedForEver are calls that neither the zygote nor a script may make.
var refusedForEver = map[string]uint32{
	"socket": unix.SYS_SOCKET, "connect": unix.SYS_CONNECT, "bind": unix.SYS_BIND, "listen": unix.SYS_LISTEN,
	"accept": unix.SYS_ACCEPT, "accept4": unix.SYS_ACCEPT4, "setsockopt": unix.SYS_SETSOCKOPT,
	"sendmmsg": unix.SYS_SENDMMSG, "recvmmsg": unix.SYS_RECVMMSG,
	"execveat": unix.SYS_EXECVEAT, "ptrace": unix.SYS_PTRACE,
	"process_vm_readv": unix.SYS_PROCESS_VM_READV, "process_vm_writev": unix.SYS_PROCESS_VM_WRITEV,
	"process_madvise": unix.SYS_PROCESS_MADVISE, "kcmp": unix.SYS_KCMP,
	"pidfd_getfd": unix.SYS_PIDFD_GETFD, "pidfd_send_signal": unix.SYS_PIDFD_SEND_SIGNAL,
	"rt_sigqueueinfo": unix.SYS_RT_SIGQUEUEINFO, "rt_tgsigqueueinfo": unix.SYS_RT_TGSIGQUEUEINFO,
	"tkill":          unix.SYS_TKILL,
	"io_uring_setup": unix.SYS_IO_URING_SETUP, "io_uring_enter": unix.SYS_IO_URING_ENTER,
	"io_setup": unix.SYS_IO_SETUP,
	"bpf":      unix.SYS_BPF, "perf_event_open": unix.SYS_PERF_EVENT_OPEN, "userfaultfd": unix.SYS_USERFAULTFD,
	"keyctl": unix.SYS_KEYCTL, "add_key": unix.SYS_ADD_KEY, "request_key": unix.SYS_REQUEST_KEY,
	"memfd_create": unix.SYS_MEMFD_CREATE, "memfd_secret": unix.SYS_MEMFD_SECRET,
	"mlock": unix.SYS_MLOCK, "mlock2": unix.SYS_MLOCK2, "mlockall": unix.SYS_MLOCKALL,
	"umount2": unix.SYS_UMOUNT2, "pivot_root": unix.SYS_PIVOT_ROOT, "chroot": unix.SYS_CHROOT,
	"fsopen": unix.SYS_FSOPEN, "fsmount": unix.SYS_FSMOUNT, "move_mount": unix.SYS_MOVE_MOUNT,
	"open_tree": unix.SYS_OPEN_TREE, "mount_setattr": unix.SYS_MOUNT_SETATTR,
	"open_by_handle_at": unix.SYS_OPEN_BY_HANDLE_AT, "name_to_handle_at": unix.SYS_NAME_TO_HANDLE_AT,
	"mknodat": unix.SYS_MKNODAT, "fchownat": unix.SYS_FCHOWNAT, "fchown": unix.SYS_FCHOWN,
	"setxattr": unix.SYS_SETXATTR,
	"setuid":   unix.SYS_SETUID, "setgid": unix.SYS_SETGID, "setreuid": unix.SYS_SETREUID,
	"setfsuid": unix.SYS_SETFSUID,
	"capget":   unix.SYS_CAPGET, "setsid": unix.SYS_SETSID, "personality": unix.SYS_PERSONALITY,
	"shmget": unix.SYS_SHMGET, "shmat": unix.SYS_SHMAT, "semget": unix.SYS_SEMGET, "msgget": unix.SYS_MSGGET,
	"mq_open": unix.SYS_MQ_OPEN, "timer_create": unix.SYS_TIMER_CREATE, "timerfd_create": unix.SYS_TIMERFD_CREATE,
	"signalfd4": unix.SYS_SIGNALFD4, "inotify_init1": unix.SYS_INOTIFY_INIT1, "fanotify_init": unix.SYS_FANOTIFY_INIT,
	"sched_setaffinity": unix.SYS_SCHED_SETAFFINITY, "sched_setscheduler": unix.SYS_SCHED_SETSCHEDULER,
	"sched_setattr": unix.SYS_SCHED_SETATTR, "setpriority": unix.SYS_SETPRIORITY, "ioprio_set": unix.SYS_IOPRIO_SET,
	"syslog": unix.SYS_SYSLOG, "sethostname": unix.SYS_SETHOSTNAME, "reboot": unix.SYS_REBOOT,
	"kexec_load":  unix.SYS_KEXEC_LOAD,
	"init_module": unix.SYS_INIT_MODULE, "finit_module": unix.SYS_FINIT_MODULE,
	"delete_module": unix.SYS_DELETE_MODULE,
	"swapon":        unix.SYS_SWAPON, "acct": unix.SYS_ACCT, "quotactl": unix.SYS_QUOTACTL,
	"settimeofday":  unix.SYS_SETTIMEOFDAY,
	"clock_settime": unix.SYS_CLOCK_SETTIME, "adjtimex": unix.SYS_ADJTIMEX, "flock": unix.SYS_FLOCK,
	"splice": unix.SYS_SPLICE, "vmsplice": unix.SYS_VMSPLICE, "tee": unix.SYS_TEE, "mbind": unix.SYS_MBIND,
	"move_pages": unix.SYS_MOVE_PAGES, "migrate_pages": unix.SYS_MIGRATE_PAGES,
	"remap_file_pages": unix.SYS_REMAP_FILE_PAGES,
	"lookup_dcookie":   unix.SYS_LOOKUP_DCOOKIE, "vhangup": unix.SYS_VHANGUP, "openat2": unix.SYS_OPENAT2,
}

func TestRefusedForEver(t *testing.T) {
	base, worker := baseVM(t), workerVM(t)
	for name, call := range refusedForEver {
		if v := base(attempt{call: call}); v != eperm {
			t.Errorf("base: %s: %#x", name, v)
		}
		if v := worker(attempt{call: call}); v != eperm {
			t.Errorf("worker: %s: %#x", name, v)
		}
	}
	// What the next kernel brings is refused until somebody has looked at it.
	for call := uint32(unix.SYS_LANDLOCK_RESTRICT_SELF + 1); call < 2048; call++ {
		if v := base(attempt{call: call}); v != eperm {
			t.Errorf("base: unknown call %d: %#x", call, v)
		}
	}
}

// What only the zygote needs, a worker takes back; what scripts need, both have.
func TestZygoteAndScriptCalls(t *testing.T) {
	base, worker := baseVM(t), workerVM(t)
	for _, call := range zygoteCalls {
		a := attempt{call: uint32(call)}
		if v := base(a); v != allow {
			t.Errorf("base: call %d: %#x", call, v)
		}
		if v := worker(a); v != eperm {
			t.Errorf("worker: call %d: %#x", call, v)
		}
	}
	for _, a := range slices.Concat(scriptCalls, archCalls) {
		if len(a.when) > 0 || a.call == unix.SYS_SETRLIMIT {
			continue // TestArguments
		}
		if v := worker(attempt{call: uint32(a.call)}); v != allow {
			t.Errorf("worker: call %d: %#x", a.call, v)
		}
		if slices.Contains(zygoteCalls, a.call) {
			t.Errorf("call %d is the zygote's alone and the script's", a.call)
		}
	}
}

// Calls that a posture takes back are refused, and no others with them.
func TestTakenBack(t *testing.T) {
	signals := []uintptr{unix.SYS_KILL, unix.SYS_TGKILL}
	attributes, linkCalls := families[Attributes], families[Links]
	truncate, allocate := []uintptr{unix.SYS_TRUNCATE}, []uintptr{unix.SYS_FALLOCATE}
	// where one is taken back, so is the other, but in gVisor
	attributes = slices.Concat(attributes, families[Extended])
	for _, tt := range []struct {
		name   string
		on     []Layer
		abi    int
		want   []uintptr
		gVisor bool
	}{
		{"private root and PID namespace", []Layer{PrivateRoot, PrivateTmp, PIDNamespace, Landlock}, 7, nil, false},
		{"the same without Landlock", []Layer{PrivateRoot, PrivateTmp, PIDNamespace}, 0, nil, false},
		{"Landlock that knows signals", []Layer{Landlock}, 6, slices.Concat(attributes, allocate), false},
		{"Landlock that does not", []Layer{Landlock}, 5, slices.Concat(signals, attributes, allocate), false},
		{"Landlock that knows truncate", []Layer{Landlock}, 3, slices.Concat(signals, attributes, allocate), false},
		{"the first Landlock", []Layer{Landlock}, 1, slices.Concat(signals, attributes, truncate, allocate), false},
		{"gVisor, root", []Layer{PrivateRoot, PrivateTmp, PIDNamespace, OwnUID}, 0, linkCalls, true},
		{"gVisor, ordinary user", []Layer{PrivateRoot, PrivateTmp, PIDNamespace, UserNamespace}, 0,
			slices.Concat(families[Attributes], truncate, linkCalls), true},
		{"chroot, without Landlock", []Layer{Chroot, OwnUID}, 0, allocate, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := &Plan{On: map[Layer]bool{}, landlock: tt.abi, gVisor: tt.gVisor}
			plan.turnOn(tt.on...)
			got := plan.takenBack()
			if !slices.Equal(got, tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			filter := workerVM(t, got...)
			for _, call := range slices.Concat(signals, attributes, truncate, linkCalls, allocate) {
				want := allow
				if slices.Contains(got, call) {
					want = eperm
				}
				if want == eperm && slices.Contains(unsupported, call) {
					want = refuse(unix.EOPNOTSUPP)
				}
				if v := filter(attempt{call: uint32(call)}); v != want {
					t.Errorf("call %d: %#x, want %#x", call, v, want)
				}
			}
		})
	}
}

// Without a PID namespace a script may ask for no process but itself.
func TestAskersWithoutPIDNamespace(t *testing.T) {
	prog, err := workerFilter(nil, false, window{})
	filter := vm(t, prog, err)
	clock := func(pid, kind uint32) uint64 { return uint64(^pid<<3 | kind) }
	for _, tt := range []struct {
		call        uint32
		arg         int
		own, others []uint64
		refusal     uint32
	}{
		{unix.SYS_GETPGID, 0, []uint64{0}, []uint64{1, 77}, eperm},
		{unix.SYS_GETSID, 0, []uint64{0}, []uint64{1, 77}, eperm},
		{unix.SYS_GETPRIORITY, 1, []uint64{0}, []uint64{1, 77}, eperm},
		{unix.SYS_SCHED_GETPARAM, 0, []uint64{0}, []uint64{1, 77}, eperm},
		{unix.SYS_SCHED_GETSCHEDULER, 0, []uint64{0}, []uint64{1, 77}, eperm},
		{unix.SYS_SCHED_GETAFFINITY, 0, []uint64{0}, []uint64{1, 77}, enosys},
		{unix.SYS_CLOCK_GETTIME, 0,
			// By name; the whole process by number, by each of its three times;
			// threads, of which the kernel tells only those of the process.
			[]uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, clock(0, 0), clock(0, 1), clock(0, 2), clock(0, 6),
				clock(77, 6), clock(77, 4)},
			[]uint64{clock(1, 0), clock(1, 1), clock(1, 2), clock(77, 2), clock(1<<22, 2), clock(77, 3)}, eperm},
	} {
		for _, v := range slices.Concat(tt.own, tt.others) {
			try := attempt{call: tt.call}
			try.args[tt.arg] = v
			want := allow
			if slices.Contains(tt.others, v) {
				want = tt.refusal
			}
			if got := filter(try); got != want {
				t.Errorf("call %d of %#x: %#x, want %#x", tt.call, v, got, want)
			}
		}
	}
}

// The real filters mean what their rules mean, whatever the arguments.
func TestRandomArguments(t *testing.T) {
	plain := []uint64{0, 1, 1 << 32, 1<<32 | 1, ^uint64(0)}
	for _, a := range slices.Concat(scriptCalls, archCalls) {
		plain = append(plain, uint64(a.call)) // arguments that look like calls
		for _, c := range a.when {
			for _, v := range c.oneOf {
				plain = append(plain, uint64(v), uint64(v)|1<<40)
			}
		}
	}
	plain = append(plain, threadFlags, threadFlags|processFlags, threadFlags|1<<40)
	conditions := map[uintptr][]cond{}
	for _, a := range slices.Concat(scriptCalls, archCalls) {
		conditions[a.call] = a.when
	}
	conditions[unix.SYS_CLONE] = []cond{{arg: 0, allSet: threadFlags, noneSet: processFlags}}
	conditions[unix.SYS_MADVISE] = []cond{{arg: 2, oneOf: advices}}
	conditions[unix.SYS_MMAP] = append(slices.Clone(conditions[unix.SYS_MMAP]), cond{arg: 0, within: &anywhere})
	conditions[unix.SYS_PRLIMIT64] = append(slices.Clone(conditions[unix.SYS_PRLIMIT64]),
		cond{arg: 2, null: true, only: &only{arg: 1, is: unix.RLIMIT_CPU}})
	conditions[unix.SYS_SETRLIMIT] = []cond{{arg: 0, noneOf: []uint32{unix.RLIMIT_CPU}}}
	plain = append(plain, anywhere.from, anywhere.to, anywhere.from-1, anywhere.to+1, anywhere.from+1<<32,
		anywhere.to-1<<32, uint64(uint32(anywhere.from)), unix.MAP_SHARED|unix.MAP_ANONYMOUS,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, unix.O_DIRECT)
	worker := workerVM(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		a := attempt{call: rng.Uint32N(480)}
		for i := range a.args {
			a.args[i] = plain[rng.IntN(len(plain))]
		}
		when, known := conditions[uintptr(a.call)]
		want := eperm
		switch {
		case a.call == unix.SYS_CLONE3:
			want = enosys
		case a.call == unix.SYS_SENDFILE:
			want = refuse(unix.ENOTSOCK)
		case a.call == unix.SYS_MADVISE && !slices.Contains(advices, uint32(a.args[2])):
			want = refuse(unix.EINVAL)
		case known && !slices.ContainsFunc(when, func(c cond) bool { return !c.holds(a.args) }):
			want = allow
		}
		if got := worker(a); got != want {
			t.Fatalf("%+v: %#x, want %#x", a, got, want)
		}
	}
}
