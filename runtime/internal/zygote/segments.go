package zygote

import (
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// segments takes apart what the cases of a series have written to one descriptor: the
// worker writes a mark behind each. A script can read the mark and make some up, or
// leave them out; it moves what it has written itself from one of its cases to another
// by that. What is held is bounded.
type segments struct {
	fd, limit int
	mark      []byte
	exceeded  func() // called once, when a case has written more than limit

	mu     sync.Mutex
	buf    []byte    // what was written behind the last mark
	whole  []segment // of cases whose answer was not taken yet
	held   int       // bytes in these
	last   uint32    // number of the last mark
	over   bool      // buf is longer than limit: nothing more is read
	closed bool
}

// segment is what was written up to a mark.
type segment struct {
	number uint32
	data   []byte
}

// segmentsAhead is how many segments are held at most: more than cases are sent ahead.
const segmentsAhead = 1024

// markSize is the size of MARK in series.py, its last four bytes the number.
const markSize = 20

// claim returns what was written up to the mark of a case, or where there is no such
// mark, up to now; cut at the limit, with over then.
func (s *segments) claim(number uint32) (data []byte, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data = s.pop(data, number)
	for s.last < number && s.fill() {
		data = s.pop(data, number)
	}
	if s.last < number {
		data, s.buf = append(data, s.buf...), nil
	}
	return s.cut(data)
}

// rest returns all that is left, when the worker is dead or dying; cut at the limit, with
// over then.
func (s *segments) rest() (data []byte, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data = s.pop(data, ^uint32(0))
	for len(data) <= s.limit && s.fill() {
		data = s.pop(data, ^uint32(0))
	}
	return s.cut(append(data, s.buf...))
}

func (s *segments) cut(data []byte) ([]byte, bool) {
	if len(data) > s.limit {
		return data[:s.limit], true
	}
	return data, false
}

// pop appends the segments up to a number.
func (s *segments) pop(data []byte, upTo uint32) []byte {
	n := 0
	for n < len(s.whole) && s.whole[n].number <= upTo {
		if data == nil {
			data = s.whole[n].data
		} else {
			data = append(data, s.whole[n].data...)
		}
		s.held -= len(s.whole[n].data)
		n++
	}
	s.whole = append(s.whole[:0], s.whole[n:]...)
	return data
}

// drain reads what is there and reports whether that was anything.
func (s *segments) drain() (some bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.fill() {
		some = true
	}
	return some
}

// fill reads once, without waiting, and reports whether there was anything, and room for
// it. The caller holds the lock.
func (s *segments) fill() bool {
	if s.closed || s.over || s.held > s.limit || len(s.whole) >= segmentsAhead {
		return false
	}
	chunk := chunks.Get().(*[]byte)
	defer chunks.Put(chunk)
	n, err := sys.ReadFD(s.fd, *chunk)
	if n == 0 || err != nil {
		return false
	}
	s.take((*chunk)[:n])
	return true
}

// take adds p, and cuts off what stands before marks.
func (s *segments) take(p []byte) {
	from := max(0, len(s.buf)-markSize+1) // a mark may have come in part
	s.buf = append(s.buf, p...)
	begin := 0
	for {
		i := bytes.Index(s.buf[from:], s.mark)
		at := from + i
		if i < 0 || at+markSize > len(s.buf) {
			break
		}
		number := binary.BigEndian.Uint32(s.buf[at+len(s.mark):])
		if number <= s.last { // made up
			from = at + 1
			continue
		}
		s.last = number
		s.add(number, s.buf[begin:at])
		begin, from = at+markSize, at+markSize
	}
	s.buf = s.buf[:copy(s.buf, s.buf[begin:])]
	if len(s.buf) == 0 && cap(s.buf) > keptBuffer {
		s.buf = nil
	}
	if len(s.buf) > s.limit+markSize && !s.over {
		s.over = true
		s.exceeded()
	}
}

// keptBuffer is how large an empty buffer may be to be used again.
const keptBuffer = 256 << 10

// add keeps a segment: as much of it as tells that it is over the limit.
func (s *segments) add(number uint32, data []byte) {
	data = bytes.Clone(data[:min(len(data), s.limit+1)])
	s.whole = append(s.whole, segment{number, data})
	s.held += len(data)
}

// close ends all reading.
func (s *segments) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}
