package funcs

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

// writeBytes is the most that is written at once.
const writeBytes = 64 << 10

// pacedWriter writes to a client as long as the client reads. Who takes too long
// for one write is gone; who is slow has that time again for the next one.
type pacedWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	pace    pace
}

func (h *handler) pacedWriter(w http.ResponseWriter) pacedWriter {
	return pacedWriter{w, http.NewResponseController(w), h.pace}
}

// write sends p at once, a little at a time: it may be many megabytes.
func (w *pacedWriter) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	for part := range slices.Chunk(p, writeBytes) {
		if err := ignoreUnsupported(w.control.SetWriteDeadline(time.Now().Add(w.pace.stall))); err != nil {
			return err
		}
		if _, err := w.w.Write(part); err != nil {
			return err
		}
	}
	return w.flush()
}

func (w *pacedWriter) flush() error { return ignoreUnsupported(w.control.Flush()) }

// done takes the time limit away: the connection may live on.
func (w *pacedWriter) done() error { return ignoreUnsupported(w.control.SetWriteDeadline(time.Time{})) }

// ignoreUnsupported is for writers that are not connections.
func ignoreUnsupported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
