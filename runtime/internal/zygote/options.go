package zygote

import "encoding/json"

// Options are what a caller may ask for beside calling main() with the input. The
// zero value asks for nothing.
type Options struct {
	// Entry is the name of the function to call. Empty means main.
	Entry string `json:"entry,omitempty"`
	// Program asks for no function: the script is run as a program, and its value
	// is that of its last expression.
	Program bool `json:"program,omitempty"`
	// Spread hands the members of Input, an object, over as keyword arguments.
	Spread bool `json:"spread,omitempty"`
	// Convert makes JSON of values that are none, by the rules of convert.py.
	Convert bool `json:"convert,omitempty"`
	// Env are environment variables on top of those that every script finds.
	Env map[string]string `json:"env,omitempty"`
	// Args are what follows the name of the script in sys.argv.
	Args []string `json:"args,omitempty"`
}

// none reports whether nothing is asked for.
func (o *Options) none() bool {
	return o.Entry == "" && !o.Program && !o.Spread && !o.Convert && len(o.Env) == 0 && len(o.Args) == 0
}

// text is what the worker is sent: a JSON object, or nothing.
func (o *Options) text() []byte {
	if o.none() {
		return nil
	}
	b, _ := json.Marshal(o) // of such a value it always works
	return b
}
