package funcs

import (
	"strconv"
	"sync"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// streamBytes is how much output is held for a reader who is slower than the
// script. What goes beyond it is missing from the stream, which says so, and
// is in the final reply all the same.
const streamBytes = 256 << 10

// output holds what a script has written and its reader has not received.
type output struct {
	news  chan struct{} // has a token when there is something to send
	limit int64         // Limits.OutputBytes

	mu      sync.Mutex
	pieces  []piece
	held    int
	omitted [3]int64 // bytes, by stream, since the last time it was taken
	written [3]int64

	tail [3][]byte // the start of a character, by stream; only append uses it
}

// piece is output of one stream between two of the other, or of stream 0 a whole event.
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

// append appends what there is to send. A character that is not
// complete waits for its rest, unless the script has ended.
func (o *output) append(b []byte, last bool) []byte {
	o.mu.Lock()
	pieces, omitted, written := o.pieces, o.omitted, o.written
	o.pieces, o.held, o.omitted = nil, 0, [3]int64{}
	o.mu.Unlock()
	for _, p := range pieces {
		if p.stream == 0 {
			b = append(b, p.data...)
			continue
		}
		text := append(o.tail[p.stream], p.data...)
		whole := len(text) - jsontext.Incomplete(text)
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

// appendOutput appends output in the form of a stream, unless there is nothing to say.
func appendOutput(b []byte, stream runtime.Stream, text []byte, omitted int64) []byte {
	if len(text) == 0 && omitted == 0 {
		return b
	}
	b = append(append(b, "event: "...), stream.String()...)
	b = jsontext.AppendString(append(b, "\ndata: {\"text\":"...), text)
	if omitted > 0 {
		b = strconv.AppendInt(append(b, `,"omitted_bytes":`...), omitted, 10)
	}
	return append(b, "}\n\n"...)
}

// putEvent adds a whole event, in order with the output. It never waits.
func (o *output) putEvent(event []byte) {
	o.mu.Lock()
	if o.held+len(event) <= streamBytes {
		o.held += len(event)
		o.pieces = append(o.pieces, piece{0, event})
	}
	o.mu.Unlock()
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// environmentEvent says how far the packages are that a script waits for.
func environmentEvent(p runtime.Progress) []byte {
	b := jsontext.AppendString([]byte("event: environment\ndata: {\"phase\":"), p.Phase)
	if p.Environment != "" {
		b = appendMember(b, "environment", p.Environment)
	}
	if p.Of > 0 {
		b = strconv.AppendInt(append(b, `,"done":`...), int64(p.Done), 10)
		b = strconv.AppendInt(append(b, `,"of":`...), int64(p.Of), 10)
	}
	return append(b, "}\n\n"...)
}
