package sandbox

// Step is one system call of a confinement list. It is plain data: the launch
// stage carries it out in Go, a worker in Python, and both report a refusal as
// a Refusal with the step's layer and name.
type Step struct {
	Layer Layer  `json:"layer"`
	Name  string `json:"name"`
	// Why says for the reader why the step stands where it stands.
	Why  string  `json:"-"`
	Call uintptr `json:"call"`
	Args []Arg   `json:"args,omitempty"`
	// Save keeps what the call returned under a name that later steps refer to.
	Save string `json:"save,omitempty"`
	// Errno, when not zero, turns the step into a check: the call must be
	// refused with just this error.
	Errno int `json:"errno,omitempty"`
	// Want, when set, is what the call must return.
	Want *Arg `json:"want,omitempty"`
}

// Arg is one argument of a Step; exactly one field (or none, for 0) is set.
type Arg struct {
	Int int64  `json:"i,omitempty"`
	Str string `json:"s,omitempty"` // NUL-terminated string
	Buf []byte `json:"b,omitempty"` // pointer to these bytes
	// Prog is a BPF program; the argument is a pointer to the sock_fprog.
	Prog []byte `json:"p,omitempty"`
	// Ref is the value of this name: one that an earlier step saved, or "uid",
	// the id that the server chose for the worker.
	Ref string `json:"r,omitempty"`
	// RefAt, with Buf and Ref, is where in Buf the value is written, as a
	// native 32-bit integer.
	RefAt int `json:"at,omitempty"`
}

func num[T ~int | ~uint | ~int64 | ~uint64 | ~uintptr | ~uint32](n T) Arg { return Arg{Int: int64(n)} }
func str(s string) Arg                                                    { return Arg{Str: s} }
func buf(b []byte) Arg                                                    { return Arg{Buf: b} }
func ref(name string) Arg                                                 { return Arg{Ref: name} }
