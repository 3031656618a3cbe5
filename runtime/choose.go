package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages/script"
)

// choice is which environment a job is run in, or the refusal where there is none.
type choice struct {
	environment *environment
	unmet       string // see Result.Unmet
	refused     Result
	// pinned says that the environment has to be released, waited how long it took to
	// install it.
	pinned bool
	waited time.Duration
}

// choose finds the environment of a job that names one or whose script has a header.
// What the request says wins: who writes it may know better than the script.
func (r *Runtime) choose(ctx context.Context, job *Job, hooks *Hooks) (choice, error) {
	header, err := script.Read(job.Script)
	if job.Environment != "" {
		e := r.all.named(job.Environment)
		if e == nil {
			return choice{refused: r.unknownEnvironment(job.Environment)}, nil
		}
		c := choice{environment: e}
		switch {
		case err != nil:
			c.unmet = err.Error()
		case header != nil:
			c.unmet = unmet(e, header)
		}
		return c, nil
	}
	if err != nil {
		return choice{refused: malformed(err)}, nil
	}
	if header == nil { // what only looks like one
		return choice{environment: r.all.main()}, nil
	}
	return r.satisfying(ctx, header, hooks)
}

// satisfying finds the first environment that has what a header asks for. One whose
// packages are not known yet is waited for; where one can't be used, and no other will do,
// nobody knows, which is its error.
func (r *Runtime) satisfying(ctx context.Context, header *script.Header, hooks *Hooks) (choice, error) {
	var looked []*script.Environment
	var unusable error
	for _, e := range r.all.list {
		if err := r.waitFor(ctx, e, hooks.Wait); err != nil {
			return choice{}, err
		}
		s, err := e.look()
		if err != nil {
			unusable = errors.Join(unusable, err)
			continue
		}
		described, err := s.describe(e.name)
		if err != nil {
			return choice{}, fmt.Errorf("run: environment %q: %w", e.name, err)
		}
		if len(header.Failures(described)) == 0 {
			return choice{environment: e}, nil
		}
		looked = append(looked, described)
	}
	nearest, failing := header.Choose(looked)
	if r.all.installs != nil {
		if base, d := admitting(header, r.all.list, looked); base != nil {
			return r.install(ctx, base, d, header, failing, hooks)
		}
	}
	if unusable != nil { // it may have what is asked for
		return choice{}, unusable
	}
	return choice{refused: r.unsatisfied(nearest, failing)}, nil
}

// waitFor waits until it was tried to find the packages of an environment, which may have
// to be fetched.
func (r *Runtime) waitFor(ctx context.Context, e *environment, reserve func() error) error {
	select {
	case <-e.known:
		return nil
	default:
	}
	late, cancel := context.WithTimeoutCause(ctx, startWithin,
		e.unavailable(errors.New("its packages are not installed yet")))
	defer cancel()
	late, closing := r.all.untilClosed(late)
	defer closing()
	return r.admission.await(late, e.known, reserve)
}

// unmet says what an environment lacks of what a header asks for; empty if nothing, or
// if it can't be said.
func unmet(e *environment, header *script.Header) string {
	s := e.setup.Load()
	if s == nil {
		return ""
	}
	described, err := s.describe(e.name)
	if err != nil {
		return ""
	}
	return inWords(header.Failures(described))
}

// shownFailures is how many requirements a sentence names, failureBytes how long what
// it says of each may be: a script may ask for a thousand.
const shownFailures, failureBytes = 10, 300

func inWords(failing []script.Failure) string {
	var parts []string
	for i, f := range failing {
		if i == shownFailures {
			parts = append(parts, fmt.Sprintf("and %d more", len(failing)-i))
			break
		}
		text := f.String()
		if len(text) > failureBytes {
			text = strings.ToValidUTF8(text[:failureBytes], "") + "…"
		}
		parts = append(parts, fmt.Sprintf("%s (line %d)", text, f.Line))
	}
	return strings.Join(parts, "; ")
}

// unsatisfied is the outcome where no environment has what a script needs.
func (r *Runtime) unsatisfied(nearest *script.Environment, failing []script.Failure) Result {
	return Result{
		Status: EnvironmentMissing, Line: failing[0].Line,
		Error: fmt.Sprintf("No environment has what the script asks for. The nearest is %q, which lacks: %s",
			nearest.Name, inWords(failing)),
		Hint: r.all.headerHint(failing) + "Ask for less in the comment # /// script, or name an environment in the " +
			"request to run the script as it is. GET /capabilities lists the environments; the operator can add to " +
			"them with ENVIRONMENTS.",
	}
}

// malformed is the outcome for a script whose header makes no sense.
func malformed(err error) Result {
	result := Result{Status: SyntaxError, Error: "The comment # /// script is not valid: " + err.Error(),
		Hint: "Write it as PEP 723 says, or leave it out; a request that names an environment does not need it."}
	if at := (*script.Error)(nil); errors.As(err, &at) {
		result.Line = at.Line
		result.Error = fmt.Sprintf("The comment # /// script is not valid: %s (line %d)", at.Reason, at.Line)
	}
	return result
}

// unknownEnvironment is the outcome where the request names an environment that is not
// there.
func (r *Runtime) unknownEnvironment(name string) Result {
	const most = 64
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "…"
	}
	return Result{
		Status: EnvironmentMissing,
		Error:  fmt.Sprintf("There is no environment %q, only %s", name, strings.Join(r.all.names(), ", ")),
		Hint:   "GET /capabilities lists what each environment has; the operator can add to them with ENVIRONMENTS.",
	}
}
