package funcs

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime"
)

// Bodies are put together by appending, not by encoding/json: the order of
// the keys is part of the contract, and the result must come through as the
// very bytes Python wrote.

// report is what `"report": true` adds to a reply.
type report struct {
	id        string
	limits    runtime.Limits // Timeout is the one that applied to this run
	isolation map[string]bool
}

// appendResult appends the body for what came of a run. outputBytes is
// Limits.OutputBytes, to know output that was cut. files says that the caller
// asked for files, extra is nil unless for a report.
func appendResult(b []byte, res *runtime.Result, outputBytes int64, files bool, extra *report) []byte {
	stdout, stderr := trimCut(res.Stdout, outputBytes), trimCut(res.Stderr, outputBytes)
	b = slices.Grow(b, len(res.Value)+len(stdout)+len(stderr)+len(res.Traceback)+shownSize(res)+256)
	if res.Status == runtime.OK {
		b = append(b, `{"result":`...)
		b = append(b, res.Value...)
		b = appendMember(b, "stdout", stdout)
		b = appendFiles(appendShown(b, res), res, files)
		if extra != nil {
			b = appendMember(b, "stderr", stderr)
			b = appendReport(b, res, extra)
		}
		return append(b, '}')
	}
	b = appendFailure(b, res.Error, res.Status)
	if res.Ran {
		b = appendMember(b, "stdout", stdout)
		b = appendMember(b, "stderr", stderr)
	}
	if res.Traceback != "" {
		b = appendMember(b, "traceback", res.Traceback)
	}
	if res.Line > 0 {
		b = append(b, `,"line":`...)
		b = strconv.AppendInt(b, int64(res.Line), 10)
	}
	if res.Denied != "" {
		b = appendMember(b, "denied", res.Denied)
	}
	if res.Hint != "" {
		b = appendMember(b, "hint", res.Hint)
	}
	b = appendFiles(b, res, files && res.Ran)
	if extra != nil {
		b = appendReport(b, res, extra)
	}
	return append(b, '}')
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
	const hex = "0123456789abcdef"
	b = append(b, '"')
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
	b = append(b, s[start:]...)
	return append(b, '"')
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
