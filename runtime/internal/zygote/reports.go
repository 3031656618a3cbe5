package zygote

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// listen takes the zygote's reports until it is gone.
func (z *Zygote) listen() {
	buf, oob := make([]byte, 16<<10), make([]byte, 64)
	for {
		n, oobn, _, _, err := z.conn.ReadMsgUnix(buf, oob)
		if err != nil || n == 0 {
			z.Kill()
			return
		}
		for message := buf[:n]; len(message) > 0; {
			var r report
			if r, message, err = parseReport(message); err != nil {
				z.Kill()
				return
			}
			z.handle(r, receivedFD(oob[:oobn]))
		}
	}
}

// handle takes one report, with the descriptor that came with it, or -1.
func (z *Zygote) handle(r report, pidfd int) {
	switch r.kind {
	case msgStarted:
		z.mu.Lock()
		w := z.workers[r.number]
		z.mu.Unlock()
		switch {
		case w == nil:
			sys.CloseFD(pidfd)
		case pidfd < 0: // the kernel dropped it: it found no room here
			w.beginUnheld(fmt.Errorf("zygote: worker: %w", syscall.EMFILE))
		default:
			w.begin(pidfd)
		}
	case msgSettled:
		z.settle(r.number)
	case msgFailed:
		if w := z.dismiss(r.number); w != nil {
			w.end(Exit{}, fmt.Errorf("zygote: fork: %w", syscall.Errno(r.errno)))
		}
	case msgExited:
		if w := z.dismiss(r.number); w != nil {
			w.end(r.exit, nil)
		}
	}
}

// receivedFD is the one descriptor that a message carried, or -1.
func receivedFD(oob []byte) int {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(messages) != 1 {
		return -1
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return -1
	}
	return fds[0]
}

// ended notes that the process is gone, and tells every worker that its end will
// not be reported any more.
func (z *Zygote) ended(why error) {
	z.conn.Close()
	z.mu.Lock()
	lost := z.workers
	z.workers = nil
	z.err = why
	z.mu.Unlock()
	close(z.dead)
	for _, w := range lost {
		z.cfg.UIDs.free(w.uid)
		w.end(Exit{}, errLost)
	}
}

// errLost ends the workers of a zygote that died.
var errLost = errors.New("zygote: the interpreter died")
