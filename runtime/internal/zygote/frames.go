package zygote

import "io"

// frameReader reads the frames of a worker. A small frame costs one read, and
// so does a small one with the next one behind it.
type frameReader struct {
	r    io.Reader
	room func(n int) error // asked before memory is taken for n bytes, nil for a small frame
	rest []byte            // read already, of the frames to come
}

// askedFor is the length of a frame up to which there is always room.
const askedFor = 64 << 10

// next reads one frame whose payload is at most limit(kind) bytes. The payload
// is the caller's until the next call.
func (f *frameReader) next(limit func(kind byte) int) (byte, []byte, error) {
	if len(f.rest) < frameHeader {
		buf := make([]byte, 4<<10)
		have := copy(buf, f.rest)
		n, err := io.ReadAtLeast(f.r, buf[have:], frameHeader-have)
		if err != nil {
			return 0, nil, err
		}
		f.rest = buf[:have+n]
	}
	kind, length, err := parseFrame(f.rest[:frameHeader], limit)
	if err != nil {
		return kind, nil, err
	}
	payload := f.rest[frameHeader:]
	if len(payload) >= length {
		f.rest = payload[length:]
		return kind, payload[:length:length], nil
	}
	if f.room != nil && length > askedFor {
		if err := f.room(length); err != nil {
			return kind, nil, err
		}
	}
	whole := make([]byte, length)
	n := copy(whole, payload)
	f.rest = nil
	if _, err := io.ReadFull(f.r, whole[n:]); err != nil {
		return kind, nil, err
	}
	return kind, whole, nil
}
