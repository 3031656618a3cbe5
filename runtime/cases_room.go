package runtime

// caseRoom asks for the memory that the result of a case takes. Results of cases wait for
// those before them, and for their reader, when their places are others' already: so all
// of what they hold is counted, output too.
type caseRoom struct {
	ask, now func(n int) error // Hooks.Room and Batch.Held
	asked    int               // bytes, for the case at hand
}

// freeResult is how large a result is that is not counted: casesAhead of them are less
// than what is written of them at once.
const freeResult = 2 << 10

// of is Hooks.Room for the run of the case.
func (c *caseRoom) of(n int) error {
	return c.by(c.ask, n)
}

func (c *caseRoom) by(ask func(n int) error, n int) error {
	if ask == nil {
		return nil
	}
	err := ask(n)
	if err == nil {
		c.asked += n
	}
	return err
}

// hold asks for what was not asked for yet, and notes in the result how much that is in all.
func (c *caseRoom) hold(result *Result) error {
	if more := result.size() - c.asked; more > freeResult {
		if err := c.by(c.now, more); err != nil {
			return err
		}
	}
	result.Room, c.asked = c.asked, 0
	return nil
}

// size is about how many bytes a result holds.
func (r *Result) size() int {
	n := len(r.Value) + len(r.Stdout) + len(r.Stderr) + len(r.Error) + len(r.Traceback)
	for _, f := range r.Files {
		n += len(f.Data)
	}
	for _, f := range r.Figures {
		n += len(f)
	}
	for _, text := range r.Display {
		n += len(text)
	}
	for _, forms := range r.Displays {
		for _, text := range forms {
			n += len(text)
		}
	}
	return n
}
