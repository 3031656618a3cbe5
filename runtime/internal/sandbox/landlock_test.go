package sandbox

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// Rights by the version of the interface that brought them, as the kernel's
// documentation lists them (userspace-api/landlock).
func TestHandledRights(t *testing.T) {
	const first = 1<<13 - 1 // execute to make_sym
	for _, tt := range []struct {
		abi    int
		fs     uint64
		length int // of the attributes that this kernel knows
		flags  uint32
	}{
		{1, first, 8, 0},
		{2, first | 1<<13, 8, 0},                   // refer
		{3, first | 1<<13 | 1<<14, 8, 0},           // truncate
		{4, first | 1<<13 | 1<<14, 16, 0},          // TCP
		{5, first | 1<<13 | 1<<14 | 1<<15, 16, 0},  // ioctl of devices
		{6, first | 1<<13 | 1<<14 | 1<<15, 24, 0},  // scopes
		{7, first | 1<<13 | 1<<14 | 1<<15, 24, 1},  // no audit log
		{99, first | 1<<13 | 1<<14 | 1<<15, 24, 1}, // whatever comes
	} {
		attr := rulesetAttr(tt.abi)
		if got := handledFS(tt.abi); got != tt.fs {
			t.Errorf("version %d: rights %#x, want %#x", tt.abi, got, tt.fs)
		}
		if len(attr) != tt.length || binary.NativeEndian.Uint64(attr) != tt.fs {
			t.Errorf("version %d: attributes % x", tt.abi, attr)
		}
		if tt.length >= 16 && binary.NativeEndian.Uint64(attr[8:]) != 1|2 {
			t.Errorf("version %d: TCP is not handled: % x", tt.abi, attr)
		}
		if tt.length >= 24 && binary.NativeEndian.Uint64(attr[16:]) != 1|2 {
			t.Errorf("version %d: scopes: % x", tt.abi, attr)
		}
		if got := restrictFlags(tt.abi); got != tt.flags {
			t.Errorf("version %d: flags %d, want %d", tt.abi, got, tt.flags)
		}
	}
}

// The kernel refuses a rule that grants what the ruleset does not handle, or
// rights of directories on a file.
func TestRuleRights(t *testing.T) {
	const onFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	const never = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	const writes = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REFER
	for name, rights := range map[string]uint64{"file": landlockFile, "device": landlockDevice} {
		if rights&^uint64(onFiles) != 0 {
			t.Errorf("%s: %#x has rights of directories", name, rights)
		}
	}
	all := map[string]uint64{
		"read": landlockRead, "write": landlockWrite, "file": landlockFile, "device": landlockDevice,
	}
	for name, rights := range all {
		if rights&never != 0 {
			t.Errorf("%s: %#x", name, rights)
		}
	}
	if landlockRead&writes != 0 || landlockFile&writes != 0 {
		t.Error("what is read-only can be written")
	}
	if landlockWrite&unix.LANDLOCK_ACCESS_FS_EXECUTE != 0 {
		t.Error("what a script writes can be executed")
	}
}

func TestLandlockRules(t *testing.T) {
	read, file, device := uint64(landlockRead), uint64(landlockFile), uint64(landlockDevice)
	for _, tt := range []struct {
		name string
		on   []Layer
		want []landlockRule
	}{
		{"in a private root: by target", []Layer{PrivateRoot},
			[]landlockRule{{"/python", read}, {"/lib", read}, {"/dev/null", device}}},
		{"on the host: by source, file by file", nil,
			[]landlockRule{{"/host/python", read}, {"/usr/lib/libc.so.6", file}, {"/dev/null", device}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := &Plan{On: map[Layer]bool{Landlock: true}}
			plan.turnOn(tt.on...)
			if got := (&Jail{Plan: *plan, Policy: testPolicy()}).landlockRules(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for abi := 1; abi <= 7; abi++ {
				plan.landlock = abi
				rulesWithin(t, (&Jail{Plan: *plan, Policy: testPolicy()}).restrictFiles(), abi)
			}
		})
	}
}

// rulesWithin demands that no rule grants more than version abi handles.
func rulesWithin(t *testing.T, steps []Step, abi int) {
	t.Helper()
	rules := 0
	for _, s := range steps {
		if s.Call != unix.SYS_LANDLOCK_ADD_RULE {
			continue
		}
		rules++
		rule := s.Args[2]
		if rights := binary.NativeEndian.Uint64(rule.Buf); rights == 0 || rights&^handledFS(abi) != 0 {
			t.Errorf("version %d: %s: %#x", abi, s.Name, rights)
		}
		if rule.RefAt != 8 || rule.Ref == "" || len(rule.Buf) != 12 {
			t.Errorf("version %d: %s: %+v", abi, s.Name, rule)
		}
	}
	if rules != 4 {
		t.Errorf("version %d: %d rules", abi, rules)
	}
}
