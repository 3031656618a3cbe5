package zygote

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// Messages between server and zygote; the layouts are zygote.py's structs.
const (
	msgSpawn   = 'F'
	msgStarted = 'W'
	msgFailed  = 'E'
	msgExited  = 'X'
	msgSettled = 'S' // with an address in the place of the number
)

// Frames that a worker sends.
const (
	frameRefused  = 'C'
	frameReady    = 'R'
	frameAttached = 'A'
	frameValue    = 'V'
	frameError    = 'E'
	frameRead     = 'S' // of a series: the request has been read
	frameLoaded   = 'M' // and its module level is behind it
)

const (
	frameHeader = 5
	// refusalLimit bounds frames that a worker sends before it has a script.
	refusalLimit = 4 << 10
	// errorLimit bounds the JSON of an error: two texts of 64 Ki characters,
	// each of which may take twelve bytes as an escaped surrogate pair.
	errorLimit = 2 << 20
)

// attachedSlack is what the headers of attached.py may take and the names of
// what was left out.
const attachedSlack = 256 << 10

// absent is the length of an input that was not given.
const absent = ^uint32(0)

func spawnMessage(number uint64, uid uint32, hurry bool, scratch string) []byte {
	b := append(make([]byte, 0, 32+len(scratch)), msgSpawn)
	b = binary.NativeEndian.AppendUint64(b, number)
	b = binary.NativeEndian.AppendUint32(b, uid)
	if hurry {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	return append(b, scratch...)
}

// report is any message of the zygote once it serves.
type report struct {
	kind   byte
	number uint64
	errno  int32
	exit   Exit
}

// Exit is how a worker ended.
type Exit struct {
	// Status is the wait status, as in syscall.WaitStatus.
	Status uint32
	// CPUMicros is the processor time of all its threads.
	CPUMicros uint64
	// PeakBytes is its largest resident size.
	PeakBytes uint64
}

var errTooLong = errors.New("too long")

var errMessage = errors.New("zygote: message: wrong length or kind")

// parseReport takes the first report off a message and returns the rest.
func parseReport(b []byte) (r report, rest []byte, err error) {
	if len(b) < 9 {
		return report{}, nil, errMessage
	}
	r = report{kind: b[0], number: binary.NativeEndian.Uint64(b[1:])}
	rest = b[9:]
	switch {
	case r.kind == msgStarted, r.kind == msgSettled:
	case r.kind == msgFailed && len(rest) >= 4:
		r.errno = int32(binary.NativeEndian.Uint32(rest))
		rest = rest[4:]
	case r.kind == msgExited && len(rest) >= 20:
		r.exit.Status = binary.NativeEndian.Uint32(rest)
		r.exit.CPUMicros = binary.NativeEndian.Uint64(rest[4:])
		r.exit.PeakBytes = binary.NativeEndian.Uint64(rest[12:])
		rest = rest[20:]
	default:
		return report{}, nil, errMessage
	}
	return r, rest, nil
}

// filesSize is how long files are in the layout of files.py.
func filesSize(files []File) (n int) {
	for _, f := range files {
		n += 8 + len(f.Name) + len(f.Data)
	}
	return n
}

// attachedHeader is the kind of a record, and the lengths of its name and data.
const attachedHeader = 9

// attachedMost is how many records are taken: more than attached.py ever sends.
// An empty one is shorter than what is kept of it, so that a frame of bounded
// size alone does not bound the memory that it takes here.
const attachedMost = 1 << 17

// parseAttached takes the payload of an 'A' frame apart. What it returns
// aliases b.
func parseAttached(b []byte) (list []Attached, ok bool) {
	for len(b) > 0 {
		if len(b) < attachedHeader || len(list) == attachedMost {
			return nil, false
		}
		name, data := uint64(binary.BigEndian.Uint32(b[1:])), uint64(binary.BigEndian.Uint32(b[5:]))
		kind, rest := AttachedKind(b[0]), b[attachedHeader:]
		if uint64(len(rest)) < name+data || !kind.known() {
			return nil, false
		}
		list = append(list, Attached{Kind: kind, Name: string(rest[:name]), Data: rest[name : name+data : name+data]})
		b = rest[name+data:]
	}
	return list, true
}

// parseFrame splits the header of a worker's frame.
func parseFrame(header []byte, limit func(kind byte) int) (kind byte, length int, err error) {
	n := binary.BigEndian.Uint32(header)
	kind = header[4]
	if most := limit(kind); int64(n) > int64(most) {
		return kind, 0, fmt.Errorf("zygote: frame %q: %d bytes, limit %d: %w", kind, n, most, errTooLong)
	}
	return kind, int(n), nil
}

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

// writtenAtOnce is how much of a request is put together to be written in one
// call. What is larger is written from where it is: a copy of each request
// under way would be as much memory again.
const writtenAtOnce = 64 << 10

// gather writes a request whose parts are anywhere in memory.
type gather struct {
	to  *os.File
	b   []byte // what is to be written first
	err error
}

func (g *gather) text(s string) {
	if g.fits(len(s)) {
		g.b = append(g.b, s...)
	} else if g.err == nil {
		_, g.err = g.to.WriteString(s)
	}
}

func (g *gather) bytes(p []byte) {
	if g.fits(len(p)) {
		g.b = append(g.b, p...)
	} else if g.err == nil {
		_, g.err = g.to.Write(p)
	}
}

// files adds files in the layout of files.py.
func (g *gather) files(files []File) {
	for _, f := range files {
		g.fits(8)
		g.b = binary.BigEndian.AppendUint32(g.b, uint32(len(f.Name)))
		g.b = binary.BigEndian.AppendUint32(g.b, uint32(len(f.Data)))
		g.text(f.Name)
		g.bytes(f.Data)
	}
}

// fits says whether n bytes more can be put together. If not, nothing waits to
// be written any more.
func (g *gather) fits(n int) bool {
	if len(g.b)+n <= writtenAtOnce {
		return true
	}
	_ = g.flush() // kept in err
	return n <= writtenAtOnce/2
}

func (g *gather) flush() error {
	if g.err == nil && len(g.b) > 0 {
		_, g.err = g.to.Write(g.b)
	}
	g.b = g.b[:0]
	return g.err
}

// writeRequest sends the one request in the layout of channel.py.
func (w *Worker) writeRequest(r *Request) error {
	given := absent
	if r.Input != nil {
		given = uint32(len(r.Input))
	}
	files, options := filesSize(r.Files), r.Options.text()
	whole := requestHeader + len(r.Script) + len(r.Input) + len(r.Stdin) + len(options) + files
	b := make([]byte, 0, min(whole, writtenAtOnce))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Script)))
	b = binary.BigEndian.AppendUint32(b, given)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Stdin)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(options)))
	b = binary.BigEndian.AppendUint32(b, uint32(files))
	b = append(b, flag(r.ReturnFiles)|flag(r.Series)<<1)
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(r.Timeout.Seconds()))
	out := gather{to: w.ctl, b: b}
	out.text(r.Script)
	out.bytes(r.Input)
	out.text(r.Stdin)
	out.bytes(options)
	out.files(r.Files)
	return out.flush()
}

// requestHeader is the size of REQUEST in channel.py.
const requestHeader = 29

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}
