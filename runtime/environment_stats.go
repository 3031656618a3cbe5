package runtime

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
