package harness

import (
	"embed"
	"fmt"
)

//go:embed *.py
var files embed.FS

// modules is the order in which the harness is loaded: a module imports only
// those before it.
var modules = []string{"faults", "denials", "confine", "channel", "result", "source", "attached", "files", "display", "randomness", "streams", "mappings", "run", "worker", "zygote"}

// Bootstrap is the program that the interpreter is started with. It takes the
// modules from the first message on descriptor 3, so that no file of ours has
// to exist where scripts run, and takes them out of sys.modules again. They get
// builtins of their own, so that it does not matter to them what a script does
// to the ones that it sees.
const Bootstrap = `import _socket,json,sys
s=_socket.socket(fileno=3)
c=json.loads(s.recv(1<<20))
T=type(sys)
b=dict(vars(sys.modules["builtins"]))
p=sys.modules["_harness"]=T("_harness")
p.__path__=[]
for n,t in c["harness"]:
    m=sys.modules["_harness."+n]=T("_harness."+n)
    setattr(p,n,m)
    m.__builtins__=b
    exec(compile(t,"<"+n+">","exec",dont_inherit=True),m.__dict__)
for n in [n for n in sys.modules if n.startswith("_harness")]: del sys.modules[n]
m.main(s,c)
`

// Sources is the source of our own Python as pairs of name and text, in the
// order of loading; the last module has main.
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
