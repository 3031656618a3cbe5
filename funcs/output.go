package funcs

import (
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime"
)

// streamBytes is how much output is held for a reader who is slower than the
// script. What goes beyond it is missing from the stream, which says so, and
// is in the final reply all the same.
const streamBytes = 256 << 10

// output holds what a script has written and its reader has not been sent.
type output struct {
	news  chan struct{} // has a token when there is something to send
	limit int64         // Limits.OutputBytes

	mu      sync.Mutex
	pieces  []piece
	held    int
	omitted [3]int64 // bytes, by stream, since the last time it was taken
	written [3]int64

	tail [3][]byte // the start of a character, by stream; the reader's only
}

// piece is output of one stream between two of the other.
type piece struct {
	stream runtime.Stream
	data   []byte
}

func newOutput(limit int64) *output {
	return &output{news: make(chan struct{}, 1), limit: limit}
}

// put takes a chunk over. It never waits.
func (o *output) put(stream runtime.Stream, chunk []byte) {
	o.mu.Lock()
	o.written[stream] += int64(len(chunk))
	room := streamBytes - o.held
	if o.omitted[stream] > 0 {
		room = 0 // what follows a gap comes after it
	}
	if len(chunk) > room {
		o.omitted[stream] += int64(len(chunk) - room)
		chunk = chunk[:room]
	}
	o.held += len(chunk)
	if last := len(o.pieces) - 1; last >= 0 && o.pieces[last].stream == stream {
		o.pieces[last].data = append(o.pieces[last].data, chunk...)
	} else if len(chunk) > 0 {
		o.pieces = append(o.pieces, piece{stream, append([]byte(nil), chunk...)})
	}
	o.mu.Unlock()
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// appendEvents appends what there is to send as events. A character that is not
// complete waits for its rest, unless the script has ended.
func (o *output) appendEvents(b []byte, last bool) []byte {
	o.mu.Lock()
	pieces, omitted, written := o.pieces, o.omitted, o.written
	o.pieces, o.held, o.omitted = nil, 0, [3]int64{}
	o.mu.Unlock()
	for _, p := range pieces {
		text := append(o.tail[p.stream], p.data...)
		whole := len(text) - incomplete(text)
		o.tail[p.stream] = append([]byte(nil), text[whole:]...)
		b = appendOutput(b, p.stream, text[:whole], 0)
	}
	for _, stream := range []runtime.Stream{runtime.Stdout, runtime.Stderr} {
		if last && written[stream] >= o.limit { // as in the reply: see trimCut
			o.tail[stream] = nil
		}
		if last || omitted[stream] > 0 {
			b = appendOutput(b, stream, o.tail[stream], omitted[stream])
			o.tail[stream] = nil
		}
	}
	return b
}

// appendOutput appends an event, unless there is nothing to say.
func appendOutput(b []byte, stream runtime.Stream, text []byte, omitted int64) []byte {
	if len(text) == 0 && omitted == 0 {
		return b
	}
	b = append(append(b, "event: "...), stream.String()...)
	b = appendString(append(b, "\ndata: {\"text\":"...), text)
	if omitted > 0 {
		b = strconv.AppendInt(append(b, `,"omitted_bytes":`...), omitted, 10)
	}
	return append(b, "}\n\n"...)
}

// incomplete is the length of the start of a character at the end of text.
func incomplete(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if start := text[len(text)-n:]; utf8.RuneStart(start[0]) {
			if utf8.FullRune(start) {
				return 0
			}
			return n
		}
	}
	return 0
}
