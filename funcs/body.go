package funcs

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime"
)

// drainBytes is how much of a body that is too large is still read and thrown
// away, so that a client which sends everything before it reads gets to see
// the refusal. Past it the server closes the connection.
const drainBytes = 32 << 20

// readBody returns the whole body, at most limit bytes of it, when it is of one of
// the types and is UTF-8. A byte order mark is cut off. media is the type of the
// body. copies says how many copies of it exist at once while it is decoded.
func (c *call) readBody(
	r *http.Request, limit, copies int64, types ...string,
) (body []byte, media string, err error) {
	if media, err = checkType(r.Header, types); err != nil {
		return nil, media, err
	}
	if body, err = c.readBounded(r, limit, copies); err != nil {
		return nil, media, err
	}
	body, err = checkText(body)
	return body, media, err
}

// readBounded returns the whole body, at most limit bytes of it, and reserves
// memory for the copies.
func (c *call) readBounded(r *http.Request, limit, copies int64) ([]byte, error) {
	if r.ContentLength > limit {
		if r.Header.Get("Expect") == "" { // else it is not on its way yet
			drain(r.Body)
		}
		return nil, refuseLimit(tooLarge, bodyHint,
			"request body must be at most %d bytes, got %d", limit, r.ContentLength)
	}
	from, size := io.Reader(r.Body), r.ContentLength
	if isGzip(r.Header.Get("Content-Encoding")) {
		if err := c.mem.grow(gzipReaderBytes, 1); err != nil {
			drain(r.Body)
			return nil, err
		}
		packed := newGzipBody(r.Body, limit)
		defer packed.close()
		from, size = packed, -1
	}
	body, err := readAll(from, size, limit, func(n int64) error { return c.mem.grow(n, copies) })
	if errors.Is(err, runtime.ErrOverloaded) {
		drain(r.Body)
		return nil, err
	}
	if err != nil {
		return nil, readError(r.Context(), err)
	}
	if int64(len(body)) > limit {
		drain(r.Body)
		return nil, refuseLimit(tooLarge, bodyHint, "request body must be at most %d bytes", limit)
	}
	return body, nil
}

// checkText accepts UTF-8 and cuts a byte order mark off.
func checkText(body []byte) ([]byte, error) {
	if !utf8.Valid(body) {
		return nil, notUTF8(body)
	}
	if len(body) >= 3 && string(body[:3]) == "\xef\xbb\xbf" {
		body = body[3:]
	}
	return body, nil
}

// readAll reads up to limit+1 bytes. size is the announced length, -1 where there
// is none; memory follows what has arrived, not what was announced. grow is called
// with the new size before the buffer gets larger than its first 64 KiB.
func readAll(body io.Reader, size, limit int64, grow func(n int64) error) ([]byte, error) {
	const first = 64 << 10
	room := int64(first)
	if size >= 0 {
		room = min(size+1, first)
	}
	buf := make([]byte, 0, room)
	for {
		n, err := body.Read(buf[len(buf):min(int64(cap(buf)), limit+1)])
		buf = buf[:len(buf)+n]
		if err == io.EOF || int64(len(buf)) > limit {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
		if len(buf) == cap(buf) {
			room := min(4*int64(cap(buf)), limit+1)
			if size >= int64(len(buf)) {
				room = min(room, size+1)
			}
			if err := grow(room - 1); err != nil {
				return nil, err
			}
			grown := make([]byte, len(buf), room)
			copy(grown, buf)
			buf = grown
		}
	}
}

func drain(body io.Reader) {
	// An error ends the draining, which is all there is to do about it.
	_, _ = io.CopyN(io.Discard, body, drainBytes)
}

// readError words an error of reading the body. The text of network errors
// names addresses, so that none of it is passed on.
func readError(ctx context.Context, err error) error {
	// The server ends ctx after any such error. Only when it is neither its own
	// read timeout nor an orderly end has the client really left.
	var told *failure
	switch {
	case errors.As(err, &told):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return refuse(invalidRequest, "request body: read: it did not arrive in time")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(invalidRequest, "request body: read: it is shorter than announced")
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	}
	return refuse(invalidRequest, "request body: read: the connection or its encoding broke off")
}

// mediaJSON is the type of a body without a Content-Type.
const mediaJSON = "application/json"

// executeTypes are the types that /execute takes: JSON, and plain scripts, under
// each of their names.
var executeTypes = []string{mediaJSON, "text/x-python", "text/x-script.python", "application/x-python"}

// checkType returns the type of a body when it is one of types, in UTF-8. A body
// without a Content-Type is JSON.
func checkType(header http.Header, types []string) (media string, err error) {
	if err := checkCoding(header); err != nil {
		return "", err
	}
	value := header.Get("Content-Type")
	if value == "" || value == mediaJSON {
		return mediaJSON, nil
	}
	media, params, err := mime.ParseMediaType(value)
	if err != nil || !slices.Contains(types, media) {
		hint := ""
		if len(types) > 1 && namesLines(value) {
			hint = linesTypeHint
		}
		return "", refuseLimit(wrongType, hint, "Content-Type must be %s, got %s", offer(types), clip(value))
	}
	charset, given := params["charset"]
	if given && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "utf8") {
		return "", refuse(wrongType, "Content-Type must be %s in charset utf-8, got %s", media, clip(charset))
	}
	return media, nil
}

// offer names what a body may be. Lines, which are read elsewhere, may stand where a script may.
func offer(types []string) string {
	if len(types) == 1 {
		return types[0]
	}
	return types[0] + ", " + types[1] + " or " + linesType
}

// notUTF8 says where the body stops being UTF-8.
func notUTF8(body []byte) error {
	at := 0
	for at < len(body) {
		r, size := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return refuse(invalidRequest,
		"request body must be UTF-8: byte 0x%02X at offset %d is not; encode the text as UTF-8 before sending it",
		body[at], at)
}
