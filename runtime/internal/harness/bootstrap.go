package harness

import (
	"embed"
	"fmt"
)

//go:embed *.py
var files embed.FS

//go:embed bootstrap.py
var bootstrap string

// modules is the order in which the harness is loaded: a module imports only
// those before it.
var modules = []string{
	"reserve", "versions", "faults", "denials", "confine", "channel", "known", "ways", "result", "attached",
	"figures", "fonts", "display", "libraries", "entry", "files", "pytests", "scriptfile", "syntax", "source",
	"locales", "home", "devices", "kinds", "convert", "randomness", "forkhooks", "streams", "mappings", "native",
	"locks", "processes", "changes", "preload", "heap", "signals", "ends", "run", "series", "worker", "zygote",
}

// Bootstrap is the program that the interpreter is started with, as the argument
// of its option -c. It wants the server's socket as descriptor 3, and there a
// JSON object of at most 1 MiB whose member "harness" is what Sources returns.
func Bootstrap() string { return bootstrap }

// Sources is the harness as pairs of a module's name and its text, in the order
// of loading; main of the last one does not return.
func Sources() ([][2]string, error) {
	out := make([][2]string, 0, len(modules))
	for _, name := range modules {
		text, err := files.ReadFile(name + ".py")
		if err != nil {
			return nil, fmt.Errorf("harness: %w", err)
		}
		out = append(out, [2]string{name, string(text)})
	}
	return out, nil
}
