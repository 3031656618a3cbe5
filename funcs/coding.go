package funcs

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// checkCoding refuses a body that is compressed by anything but gzip.
func checkCoding(header http.Header) error {
	coding := header.Get("Content-Encoding")
	if coding != "" && !isGzip(coding) && !strings.EqualFold(coding, "identity") {
		return refuse(wrongType, "Content-Encoding must be absent, identity or gzip, got %s", clip(coding))
	}
	return nil
}

func isGzip(coding string) bool {
	return strings.EqualFold(coding, "gzip") || strings.EqualFold(coding, "x-gzip")
}

// gzipBody expands a body while it is read.
type gzipBody struct {
	packed io.LimitedReader
	limit  int64
	reader *gzip.Reader // nil before the first read, and after the last
	ended  error
}

// newGzipBody expands body. Whoever reads it bounds what becomes of it; of what is
// compressed at most limit bytes are read, because members that expand to nothing
// could follow each other for ever.
func newGzipBody(body io.Reader, limit int64) *gzipBody {
	return &gzipBody{packed: io.LimitedReader{R: body, N: limit + 1}, limit: limit}
}

// gzipReaders are kept: each has gzipReaderBytes.
var gzipReaders sync.Pool

const gzipReaderBytes = 48 << 10

func (b *gzipBody) Read(p []byte) (n int, err error) {
	if b.ended != nil {
		return 0, b.ended
	}
	if b.reader == nil {
		b.reader, err = newGzipReader(&b.packed)
	}
	if err == nil {
		n, err = b.reader.Read(p)
	}
	if err != nil {
		b.ended = b.explain(err)
		b.close()
	}
	return n, b.ended
}

// newGzipReader takes a kept reader, or makes one. It reads the header.
func newGzipReader(from io.Reader) (*gzip.Reader, error) {
	kept, ok := gzipReaders.Get().(*gzip.Reader)
	if !ok {
		return gzip.NewReader(from)
	}
	return kept, kept.Reset(from)
}

// close gives the reader back, also of a body that is not read to its end.
func (b *gzipBody) close() {
	if b.reader != nil {
		gzipReaders.Put(b.reader)
		b.reader = nil
	}
}

// explain words what ended a body; errors of the connection stay what they are.
func (b *gzipBody) explain(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case b.packed.N <= 0:
		return refuseLimit(tooLarge, bodyHint, "request body must be at most %d bytes", b.limit)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return refuse(invalidRequest, "request body: it is announced as gzip and is not")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(invalidRequest, "request body: read: it breaks off")
	}
	return err
}
