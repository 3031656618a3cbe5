package zygote

import "time"

// Request is one script for one worker. Input is JSON text or nil.
type Request struct {
	Script  string
	Input   []byte
	Stdin   string
	Timeout time.Duration
	// Files are written into the working directory by the worker. Their names
	// must be checked already.
	Files []File
	// ReturnFiles asks for what is new or changed there afterwards.
	ReturnFiles bool
	// Series asks for an answer for each of the cases that follow, see [Worker.Begin];
	// Input is the mark then.
	Series bool
	// Options must be checked already.
	Options Options
	// Output, where it is not nil, is given what the script writes as it comes,
	// descriptor 1 or 2, never twice at once.
	Output func(fd int, chunk []byte)
	// Room, where it is not nil, is asked before memory is taken for a large
	// part of the answer, of n bytes. It may wait. An error ends the run.
	Room func(n int) error
}

// File is a file of the caller's.
type File struct {
	Name string
	Data []byte
}

// Attached is something that came with an answer. It is as hostile as the rest.
type Attached struct {
	Kind AttachedKind
	Name string // of the file, or the MIME type
	Data []byte // the contents, or why it was left out
}

// AttachedKind says what came, by the letter of attached.py.
type AttachedKind byte

// What can come with an answer.
const (
	AttachedFile    AttachedKind = 'f'
	AttachedFigure  AttachedKind = 'p' // PNG
	AttachedDisplay AttachedKind = 'd' // the forms that follow are those of one thing
	AttachedText    AttachedKind = 't' // a form that is text
	AttachedBinary  AttachedKind = 'b' // a form that is not
	AttachedOmitted AttachedKind = 'o'
)

func (k AttachedKind) known() bool {
	switch k {
	case AttachedFile, AttachedFigure, AttachedDisplay, AttachedText, AttachedBinary, AttachedOmitted:
		return true
	}
	return false
}

// Reply is what came back. Exactly one of Value, Fault and Broken is set, or
// none where Cause says why the server ended the run or the process died.
type Reply struct {
	Value []byte // JSON text, checked
	Fault *Fault
	// Attached is what came with either of them.
	Attached []Attached
	// Broken says what was wrong with what the script wrote to the channel.
	Broken string
	// Unread says that the worker came to its end, or to the deadline, before it
	// had read the request: nothing of the script has run.
	Unread bool
	// Refused is the error of Room.
	Refused        error
	Stdout, Stderr []byte
	Cause          Cause
}

// Fault is why a script has no value, as its worker tells it. All of it is
// hostile text.
type Fault struct {
	Status    string `json:"status"`
	Error     string `json:"error"`
	Ran       bool   `json:"ran"`
	Traceback string `json:"traceback"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	Denied    string `json:"denied"`
	Limit     string `json:"limit"`
	Way       string `json:"way"`  // to make JSON of the result
	Over      bool   `json:"over"` // no other case of the series is answered
}

// Cause is why the server ended a run before there was an answer.
type Cause = cause

type cause int

// The causes. None means that the worker answered or died of itself.
const (
	causeNone cause = iota
	Timeout         // the wall clock ran out
	Canceled        // the caller went away
	Stdout          // stdout over its limit
	Stderr          // stderr over its limit
	Files           // the run's directory over its limit
	Threads         // more threads than allowed, where the kernel does not count them
	Memory          // more memory than allowed, of a kind that no rlimit counts
	Pressure        // the machine's memory ran out, and no run held more
	Stopped         // somebody else has stopped the process
	Closed          // the server wants nothing more of it
)

// exceed makes an output limit the outcome.
func (r *Reply) exceed(c Cause) {
	r.Value, r.Fault, r.Attached, r.Broken, r.Refused, r.Cause = nil, nil, nil, "", nil, c
}
