package funcs

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime"
)

// Bodies are put together by appending, not by encoding/json: the order of
// the keys is part of the contract, and the result must come through as the
// very bytes Python wrote. What may be large goes through an encoder, which
// holds little of it.

// report is what `"report": true` adds to a reply.
type report struct {
	id        string
	limits    runtime.Limits // Timeout is the one that applied to this run
	isolation map[string]bool
}

// result is the body for what came of a run. outputBytes is
// Limits.OutputBytes, to know output that was cut. files says that the caller
// asked for files, extra is nil unless for a report.
func result(res *runtime.Result, outputBytes int64, files bool, extra *report) message {
	return newMessage(rawSize(res), func(e *encoder) { encodeResult(e, res, outputBytes, files, extra) })
}

func encodeResult(e *encoder, res *runtime.Result, outputBytes int64, files bool, extra *report) {
	stdout, stderr := trimCut(res.Stdout, outputBytes), trimCut(res.Stderr, outputBytes)
	if res.Status == runtime.OK {
		e.b = append(e.b, `{"result":`...)
		e.raw(res.Value)
		encodeMember(e, "stdout", stdout)
		encodeShown(e, res)
		encodeFiles(e, res, files)
		if extra != nil {
			encodeMember(e, "stderr", stderr)
			e.b = appendReport(e.b, res, extra)
		}
		e.b = append(e.b, '}')
		return
	}
	e.b = appendFailure(e.b, res.Error, res.Status)
	if res.Ran {
		encodeMember(e, "stdout", stdout)
		encodeMember(e, "stderr", stderr)
	}
	if res.Traceback != "" {
		encodeMember(e, "traceback", res.Traceback)
	}
	if res.Line > 0 {
		e.b = append(e.b, `,"line":`...)
		e.b = strconv.AppendInt(e.b, int64(res.Line), 10)
	}
	if res.Denied != "" {
		e.b = appendMember(e.b, "denied", res.Denied)
	}
	if res.Hint != "" {
		e.b = appendMember(e.b, "hint", res.Hint)
	}
	encodeFiles(e, res, files && res.Ran)
	if extra != nil {
		e.b = appendReport(e.b, res, extra)
	}
	e.b = append(e.b, '}')
}

// appendRefusal appends the body of a request that ended without a run.
func appendRefusal(b []byte, o *outcome, text, hint string) []byte {
	b = appendFailure(b, text, o.word)
	if hint != "" {
		b = appendMember(b, "hint", hint)
	}
	return append(b, '}')
}

// appendFailure appends the start of every failure, the object left open.
func appendFailure(b []byte, text string, word runtime.Status) []byte {
	b = appendString(append(b, `{"error":`...), text)
	return appendMember(b, "status", string(word))
}

func appendReport(b []byte, res *runtime.Result, extra *report) []byte {
	b = append(b, `,"report":{"execution_id":`...)
	b = appendString(b, extra.id)
	b = appendMember(b, "status", string(res.Status))
	b = appendMillis(append(b, `,"wall_ms":`...), res.Usage.Wall)
	b = appendMillis(append(b, `,"cpu_ms":`...), res.Usage.CPU)
	b = strconv.AppendInt(append(b, `,"peak_memory_bytes":`...), res.Usage.PeakMemory, 10)
	if res.Usage.PeakTmp >= 0 {
		b = strconv.AppendInt(append(b, `,"peak_tmp_bytes":`...), res.Usage.PeakTmp, 10)
	}
	b = appendMillis(append(b, `,"queue_ms":`...), res.Usage.Queue)
	b = appendLimits(append(b, `,"limits":`...), extra.limits)
	b = append(b, `,"isolation":{`...)
	layers := make([]string, 0, len(extra.isolation))
	for layer := range extra.isolation {
		layers = append(layers, layer)
	}
	slices.Sort(layers)
	for i, layer := range layers {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, layer), ':')
		b = strconv.AppendBool(b, extra.isolation[layer])
	}
	return append(b, "}}"...)
}

// appendMember appends `,"key":"value"`. The key is written as it is.
func appendMember[T string | []byte](b []byte, key string, value T) []byte {
	b = append(b, `,"`...)
	b = append(b, key...)
	b = append(b, `":`...)
	return appendString(b, value)
}

// encodeMember is appendMember for what may be large.
func encodeMember[T string | []byte](e *encoder, key string, value T) {
	e.b = append(e.b, `,"`...)
	e.b = append(e.b, key...)
	e.b = append(e.b, `":`...)
	encodeString(e, value)
}

// plain says of an ASCII byte whether it stands for itself in a JSON string.
var plain = func() (t [utf8.RuneSelf]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return t
}()

// appendString appends s as a JSON string. Only what JSON requires is
// escaped; each byte that is not UTF-8 becomes U+FFFD.
func appendString[T string | []byte](b []byte, s T) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

// appendEscaped appends s as it is between the quotes of a JSON string.
func appendEscaped[T string | []byte](b []byte, s T) []byte {
	const hex = "0123456789abcdef"
	start := 0 // of what is not yet copied
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if plain[c] {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, `\n`...)
			case '\r':
				b = append(b, `\r`...)
			case '\t':
				b = append(b, `\t`...)
			case '\b':
				b = append(b, `\b`...)
			case '\f':
				b = append(b, `\f`...)
			default:
				b = append(b, `\u00`...)
				b = append(b, hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		size := runeLen(s[i:min(len(s), i+utf8.UTFMax)])
		if size > 0 {
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		b = utf8.AppendRune(b, utf8.RuneError)
		i++
		start = i
	}
	return append(b, s[start:]...)
}

// runeLen returns the length of the character s starts with, 0 when it starts
// with a byte that is not UTF-8. s is at most four bytes long.
func runeLen[T string | []byte](s T) int {
	var p [utf8.UTFMax]byte
	r, size := utf8.DecodeRune(p[:copy(p[:], s)])
	if r == utf8.RuneError && size <= 1 {
		return 0
	}
	return size
}

// trimCut drops the piece of a character that cutting output at limit bytes
// left at its end. Shorter output was not cut and stays as it is.
func trimCut(out []byte, limit int64) []byte {
	if int64(len(out)) < limit {
		return out
	}
	for i := len(out) - 1; i >= 0 && i > len(out)-utf8.UTFMax; i-- {
		if utf8.RuneStart(out[i]) {
			if !utf8.FullRune(out[i:]) {
				return out[:i]
			}
			break
		}
	}
	return out
}
