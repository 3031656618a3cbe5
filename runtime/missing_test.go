package runtime

import (
	"context"
	"errors"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// missingTests leave a layer out and its checks in: the worker must notice that
// the layer is not there, and New must say which.
var missingTests = []struct {
	name    string
	posture sandbox.Posture
	out     steps
	untold  []sandbox.Layer // see weakness
	want    sandbox.Layer
	step    string
}{
	{"worker filter", sandbox.Full, stepsOf(sandbox.Seccomp, "worker filter"), nil, sandbox.Seccomp, "check unshare"},
	{"base filter", sandbox.Full, stepsOf(sandbox.Seccomp, "base filter"), nil, sandbox.Seccomp, "check socket"},
	{"own uid", sandbox.Full, stepsOf(sandbox.OwnUID, "setgroups", "setresgid", "setresuid"), nil, sandbox.OwnUID,
		"check uid"},
	{"own gid", sandbox.Full, stepsOf(sandbox.OwnUID, "setresgid"), nil, sandbox.OwnUID, "check gid"},
	{"pid namespace", sandbox.Full, of(), []sandbox.Layer{sandbox.PIDNamespace}, sandbox.PIDNamespace, "check pid"},
	{"restrict_self", sandbox.Full, stepsOf(sandbox.Landlock, "restrict_self"), nil, sandbox.Landlock, "check open"},
	{"restrict_self", sandbox.User, stepsOf(sandbox.Landlock, "restrict_self"), nil, sandbox.Landlock, "check open"},
	{"restrict_self", sandbox.LandlockOnly, stepsOf(sandbox.Landlock, "restrict_self"), nil, sandbox.Landlock,
		"check open"},
	{"capset", sandbox.User, stepsOf(sandbox.Capabilities, "capset"), nil, sandbox.Capabilities, "check unshare"},
	// The run's directory belongs to the uid.
	{"own uid", sandbox.Container, stepsOf(sandbox.OwnUID, "setgroups", "setresgid", "setresuid"), nil,
		sandbox.PrivateTmp, "chdir to the run's directory"},
	{"restrict_self", sandbox.Container, stepsOf(sandbox.Landlock, "restrict_self"), nil, sandbox.Landlock,
		"check open"},
	{"no_new_privs", sandbox.Container, of(sandbox.NoNewPrivs), nil, sandbox.Seccomp, "base filter"},
	{"worker filter", sandbox.Container, stepsOf(sandbox.Seccomp, "worker filter"), nil, sandbox.Seccomp,
		"check setpgid"},
	{"worker filter", sandbox.LandlockOnly, stepsOf(sandbox.Seccomp, "worker filter"), nil, sandbox.Seccomp,
		"check setpgid"},
	{"restrict_self", userRange, stepsOf(sandbox.Landlock, "restrict_self"), nil, sandbox.Landlock, "check open"},
	{"own uid", userRange, stepsOf(sandbox.OwnUID, "setgroups", "setresgid", "setresuid"), nil, sandbox.OwnUID,
		"check uid"},
	{"worker filter", sandbox.GVisor, stepsOf(sandbox.Seccomp, "worker filter"), nil, sandbox.Seccomp,
		"check unshare"},
	{"base filter", sandbox.GVisor, stepsOf(sandbox.Seccomp, "base filter"), nil, sandbox.Seccomp, "check socket"},
	{"own uid", sandbox.GVisor, stepsOf(sandbox.OwnUID, "setgroups", "setresgid", "setresuid"), nil, sandbox.OwnUID,
		"check uid"},
	{"pid namespace", sandbox.GVisor, of(), []sandbox.Layer{sandbox.PIDNamespace}, sandbox.PIDNamespace, "check pid"},
	{"capset", gVisorUser, stepsOf(sandbox.Capabilities, "capset"), nil, sandbox.Capabilities, "check unshare"},
	// Not there, and others notice: nothing without privilege works then.
	{"no_new_privs", sandbox.Full, of(sandbox.NoNewPrivs), nil, sandbox.Landlock, "restrict_self"},
	{"no_new_privs and Landlock", sandbox.Full, of(sandbox.NoNewPrivs, sandbox.Landlock), nil, sandbox.Seccomp,
		"worker filter"},
}

func TestMissingLayerStopsTheStart(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			start(t, nil) // says so if this machine does not have the posture
			for _, tt := range missingTests {
				if tt.posture != posture {
					continue
				}
				t.Run(tt.name, func(t *testing.T) {
					r, err := newWeak(context.Background(), hostConfig(),
						weakness{edit: leaveOut(tt.out), untold: tt.untold})
					if err == nil {
						r.Close()
						t.Fatal("it starts")
					}
					var refusal *sandbox.Refusal
					if !errors.As(err, &refusal) || refusal.Layer != tt.want || refusal.Step != tt.step {
						t.Errorf("got %v, want a refusal of %s: %s", err, tt.want, tt.step)
					}
				})
			}
		})
	}
}
