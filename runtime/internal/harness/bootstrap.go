package harness

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed *.py
var files embed.FS

//go:embed bootstrap.py
var bootstrap string

// modules is the order in which the harness is loaded: a module imports only
// those before it.
var modules = []string{
	"reserve", "versions", "native", "faults", "denials", "confine", "channel", "known", "ways", "result", "attached",
	"figures", "fonts", "display", "libraries", "entry", "files", "pytests", "scriptfile", "syntax", "source",
	"locales", "home", "devices", "kinds", "convert", "randomness", "forkhooks", "streams", "mappings",
	"locks", "processes", "changes", "preload", "heap", "signals", "ends", "run", "series", "worker", "zygote",
}

// Bootstrap is the program that the interpreter is started with, as the argument
// of its option -c. It wants the server's socket as descriptor 3, says there which byte
// code it reads, and takes a JSON object of at most 1 MiB and the harness after that, in
// messages of at most [Part] bytes, "harness_bytes" in all: byte code where the object's
// member "compiled" is true, else what [Text] returns. Then it sends byte code of that
// back, its length first, in decimal digits.
func Bootstrap() string { return bootstrap }

// Part is how many bytes of something longer go into one message: a socket takes no
// message that is larger than its buffer.
const Part = 64 << 10

// Compiler is a program that makes of [Text], which it reads from stdin, the byte code
// that [Bootstrap] takes, on stdout: the number of the version of byte code, of four
// bytes, is in front of it.
func Compiler() string { return compiler }

//go:embed compiler.py
var compiler string

// Text is [Sources] as JSON.
func Text() ([]byte, error) {
	sources, err := Sources()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(sources)
	if err != nil {
		return nil, fmt.Errorf("harness: %w", err)
	}
	return text, nil
}

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
