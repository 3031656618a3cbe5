package runtime

import "fmt"

// EnvironmentError says that an environment other than the default one cannot run
// scripts now, but may later. It is an ErrUnavailable.
type EnvironmentError struct {
	// Environment is its name, empty for one whose packages could not be installed.
	Environment string
	Cause       error
}

// Error implements error.
func (e *EnvironmentError) Error() string {
	if e.Environment == "" {
		return fmt.Sprintf("%v: install packages: %v", ErrUnavailable, e.Cause)
	}
	return fmt.Sprintf("%v: environment %q: %v", ErrUnavailable, e.Environment, e.Cause)
}

// Unwrap returns ErrUnavailable and the cause.
func (e *EnvironmentError) Unwrap() []error { return []error{ErrUnavailable, e.Cause} }

// unavailable is an error of this environment for the caller of Run.
func (e *environment) unavailable(why error) error { return &EnvironmentError{e.name, why} }

// stats is how the environment is now.
func (e *environment) stats() EnvironmentStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.counts
	s.Name, s.Holders, s.Runs = e.name, e.holders, e.runs.Load()
	if e.pool != nil {
		s.Ready = e.pool.Ready.Len()
		s.Restarts += e.pool.Restarts()
		s.Up = e.pool.Health() == nil
	}
	return s
}

// EnvironmentStats is how one environment is at one moment.
type EnvironmentStats struct {
	Name string
	// Up says that a run would need not wait for an interpreter.
	Up bool
	// Ready are the workers that wait for a script, Holders the runs that are under way
	// or wait; those of the default environment are not counted one by one.
	Ready, Holders int
	// Runs have begun, Starts and Ends are those of the environment, Failures starts
	// that came to nothing, and Restarts interpreters that took the place of one that
	// died.
	Runs, Starts, Ends, Failures, Restarts int64
}
