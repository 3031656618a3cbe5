package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages"
	"github.com/pyexec/pyexec/runtime/internal/packages/script"
)

// admitting returns the first environment whose Python a header admits, with what it
// has; nil if there is none. looked are those that could be looked at.
func admitting(header *script.Header, list []*environment, looked []*script.Environment) (
	*environment, *script.Environment,
) {
	for _, d := range looked {
		if header.Python.Contains(d.Python) {
			return list[slices.IndexFunc(list, func(e *environment) bool { return e.name == d.Name })], d
		}
	}
	return nil, nil
}

// install finds, or makes, an environment of what a script asks for and no other has;
// failing is what the nearest lacks. The caller waits like one in the queue. The choice
// is pinned.
func (r *Runtime) install(ctx context.Context, base *environment, d *script.Environment, header *script.Header,
	failing []script.Failure, hooks *Hooks,
) (choice, error) {
	began, in := time.Now(), r.all.installs
	q, err := newWish(base, d, header)
	if err != nil {
		return choice{refused: notInstalled(err, failing)}, nil
	}
	if hooks.Environment == nil {
		hooks.Environment = func(Progress) {}
	}
	e, known, err := in.lookUp(q.id)
	first := !known
	if !known {
		e, err = r.fly(ctx, q, hooks)
	}
	if refusal, refused := errors.AsType[*packages.Refusal](err); refused {
		return choice{refused: notInstalled(refusal, failing)}, nil
	}
	if err != nil {
		if ctx.Err() == nil {
			err = asCaller(err)
		}
		return choice{}, err
	}
	c := choice{environment: e, pinned: true}
	if first {
		c.waited = time.Since(began)
	}
	return c, nil
}

// fly waits for what is asked for, together with all others who ask for the same. The
// environment is pinned.
func (r *Runtime) fly(ctx context.Context, q wish, hooks *Hooks) (*environment, error) {
	stand, err := r.admission.stand(hooks.Wait)
	if err != nil {
		return nil, err
	}
	defer stand()
	f, err := r.all.installs.join(q)
	if err != nil {
		return nil, err
	}
	defer r.all.installs.leave(f)
	for {
		at, news := f.now()
		hooks.Environment(at)
		select {
		case <-news:
		case <-f.done:
			if f.err == nil {
				f.made.pin()
			}
			return f.made, f.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// asCaller is the error of an installation for the caller of Run.
func asCaller(err error) error {
	switch _, about := errors.AsType[*EnvironmentError](err); {
	case about, errors.Is(err, ErrOverloaded), errors.Is(err, ErrUnavailable):
		return err
	}
	return &EnvironmentError{Cause: err}
}

// notInstalled is the outcome for a script that asks for what can't be installed.
func notInstalled(why error, failing []script.Failure) Result {
	text := shortened(why).Error()
	var instead string
	for _, f := range failing {
		if strings.HasPrefix(text, f.Distribution+": ") {
			instead = misnamed(f.Distribution)
		}
	}
	return Result{
		Status: EnvironmentMissing, Line: failing[0].Line,
		Error: fmt.Sprintf("No environment has what the script asks for, and it can't be installed: %s", text),
		Hint: instead + "Ask for other packages or versions in the comment # /// script: wheels of the operator's " +
			"index are installed, for the Python and the machine here. GET /capabilities lists the environments that " +
			"there are.",
	}
}

// reasonBytes bounds the reason of a resolver, which can name thousands of versions.
const reasonBytes = 1000

// shortened is a refusal without what is too much of its reason.
func shortened(err error) error {
	refusal, refused := errors.AsType[*packages.Refusal](err)
	if !refused {
		return err
	}
	text := refusal.Error()
	if len(text) <= reasonBytes {
		return err
	}
	return packages.Refuse("%s…", strings.ToValidUTF8(text[:reasonBytes], ""))
}

// waitedFor adds the time that an installation took.
func (result *Result) waitedFor(d time.Duration) {
	result.Usage.Start += d
	if result.Bill != nil {
		result.Bill.soFar.Start += d
	}
}
