package python

import _ "embed"

// Zygote is the source of the fork server and Worker that of what each of its
// children runs. They are handed to the interpreter over the zygote's socket,
// so that no file of ours has to exist where scripts run.
var (
	//go:embed zygote.py
	Zygote string
	//go:embed worker.py
	Worker string
)
