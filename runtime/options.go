package runtime

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Options are what a job may ask for beside calling main() with its input; the zero
// value asks for nothing. See CheckOptions for what is accepted.
type Options = zygote.Options

// What Options may hold: sizes in bytes, names and values together.
const (
	EntryBytes = 255
	EnvCount   = 256
	EnvBytes   = 64 << 10
	ArgsCount  = 1024
	ArgsBytes  = 64 << 10
)

// CheckOptions returns why a job may not ask for this, in words for its caller that
// begin with the name of the field; nil if it may.
func CheckOptions(o *Options, input []byte) error {
	switch {
	case o.Entry != "" && !identifier(o.Entry):
		return errors.New("entry must be the name of a function, or null to run the script as a program")
	case len(o.Entry) > EntryBytes:
		return fmt.Errorf("entry must be at most %d bytes", EntryBytes)
	case o.Program && o.Spread:
		return errors.New("spread must be false where entry is null: a program has no function to call")
	}
	if err := checkInput(o, input); err != nil {
		return err
	}
	if err := checkEnv(o.Env); err != nil {
		return err
	}
	return checkArgs(o.Args)
}

// checkInput returns why what is asked for does not go with the input, nil if it does.
func checkInput(o *Options, input []byte) error {
	switch {
	case o.Program && input != nil:
		return errors.New("input must be left out where entry is null: a program has no function to hand it to, " +
			"but stdin, args, env and files")
	case o.Spread && (len(input) == 0 || input[0] != '{'):
		return errors.New("input must be an object where spread is true: its members are the keyword arguments")
	}
	return nil
}

// identifier reports whether Python takes name for one, near enough: what only
// looks like one is the name of no function.
func identifier(name string) bool {
	for i, c := range name {
		first := c == '_' || unicode.IsLetter(c) || unicode.Is(unicode.Nl, c)
		if !first && (i == 0 || !unicode.In(c, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc)) {
			return false
		}
	}
	return name != ""
}

func checkEnv(env map[string]string) error {
	if len(env) > EnvCount {
		return fmt.Errorf("env must have at most %d variables, got %d", EnvCount, len(env))
	}
	size := 0
	for name, value := range env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return fmt.Errorf("env: %.64q: a name must not be empty, and have no = and no NUL", name)
		}
		if strings.Contains(value, "\x00") {
			return fmt.Errorf("env: %.64q: a value must have no NUL", name)
		}
		size += len(name) + len(value)
	}
	if size > EnvBytes {
		return fmt.Errorf("env must be at most %d bytes in all, got %d", EnvBytes, size)
	}
	return nil
}

func checkArgs(args []string) error {
	if len(args) > ArgsCount {
		return fmt.Errorf("args must be at most %d, got %d", ArgsCount, len(args))
	}
	size := 0
	for i, arg := range args {
		if strings.Contains(arg, "\x00") {
			return fmt.Errorf("args: item %d must have no NUL", i)
		}
		size += len(arg)
	}
	if size > ArgsBytes {
		return fmt.Errorf("args must be at most %d bytes in all, got %d", ArgsBytes, size)
	}
	return nil
}

// entry is the name of the function that a job has called.
func entry(job *Job) string {
	if job.Options.Entry == "" {
		return "main"
	}
	return job.Options.Entry
}

// before ends a sentence on a script that had not come to its result.
func before(job *Job) string {
	if job.Options.Program {
		return ""
	}
	return " before " + entry(job) + "() returned"
}

// notJSON begins the sentence on a value that is no JSON.
func notJSON(job *Job) string {
	if job.Options.Program {
		return "The last expression of the script must be JSON-serializable data, got: "
	}
	return entry(job) + "() function must return JSON-serializable data, got: "
}
