package pool

import (
	"errors"
	"log/slog"
	"os"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/sys"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// dying is a zygote that dies before it is told of a worker.
type dying struct{}

var errDying = errors.New("broken pipe")

func (dying) Reserve() (*zygote.Worker, error)               { return new(zygote.Worker), nil }
func (dying) Release(*zygote.Worker)                         {}
func (dying) Spawn(*zygote.Worker, zygote.Place, bool) error { return errDying }

// empty looks whether runs have left directories.
func empty(t *testing.T, s *Scratch) {
	t.Helper()
	left, err := os.ReadDir(s.dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func testScratch(t *testing.T) *Scratch {
	t.Helper()
	s, err := NewScratch(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	return s
}

// What was made for a worker that does not come to be is gone.
func TestSpawnFails(t *testing.T) {
	for _, s := range []*Scratch{testScratch(t), nil} {
		p := New(Config{Workers: 1, Scratch: s, Log: slog.New(slog.DiscardHandler)})
		if _, err := p.spawn(dying{}); err != errDying {
			t.Errorf("got %v", err)
		}
		if s != nil {
			empty(t, s)
		}
	}
}

// So is a directory that can't be given to the uid of the run.
func TestNoPlace(t *testing.T) {
	s := testScratch(t)
	var err error
	do := func() { _, err = s.make(sandbox.FirstUID) }
	if os.Geteuid() == 0 {
		// Below directories that are closed to others the root is open already.
		if err := os.Chmod(s.dir, 0o777); err != nil {
			t.Fatal(err)
		}
		need.That(t, "the file system ids of another user", sys.AsUser(65534, do))
	} else {
		do()
	}
	if !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
	empty(t, s)
}
