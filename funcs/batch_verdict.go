package funcs

import (
	"bytes"
	"sync"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// expectation is what a case is to come to. What is nil is not looked at.
type expectation struct {
	value  []byte // JSON text
	stdout *string
}

func (e *expectation) given() bool { return e.value != nil || e.stdout != nil }

// met says that a case has come to all that was expected: only a success does.
func (e *expectation) met(res *runtime.Result) bool {
	return res.Status == runtime.OK && (e.value == nil || sameValue(e.value, res.Value)) &&
		(e.stdout == nil || sameOutput(res.Stdout, []byte(*e.stdout)))
}

// comparing is held while large texts are compared, which takes memory that nobody counts.
var comparing sync.Mutex

func sameValue(a, b []byte) bool {
	if len(a)+len(b) > largeBytes {
		comparing.Lock()
		defer comparing.Unlock()
	}
	return jsontext.Equal(a, b)
}

// sameOutput compares two texts as graders of programs do: CR LF is LF, and neither white space
// at the end of a line nor empty lines at the end of the text count.
func sameOutput(a, b []byte) bool {
	a, b = bytes.TrimRight(a, blanks+"\n"), bytes.TrimRight(b, blanks+"\n")
	for len(a) > 0 && len(b) > 0 {
		var x, y []byte
		x, a, _ = bytes.Cut(a, []byte("\n"))
		y, b, _ = bytes.Cut(b, []byte("\n"))
		if !bytes.Equal(bytes.TrimRight(x, blanks), bytes.TrimRight(y, blanks)) {
			return false
		}
	}
	return len(a) == len(b)
}

// blanks are the white space at the end of a line; the CR of CR LF is among them.
const blanks = " \t\v\f\r"
