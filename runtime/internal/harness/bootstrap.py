"""What the interpreter is started with: it takes the harness from descriptor 3.

So no file of ours has to exist where scripts run. It says first which byte code it
reads. Where the server has the harness in that it sends it, which saves compiling it
at each start; where not it sends the text, and gets the byte code back to keep. That is
done before anything else is imported that is not of the standard library.

The modules are out of sys.modules again before any of them does anything, and they have
builtins of their own: what a script does to those that it sees does not matter to them.
"""

import _socket
import json
import marshal
import sys
from _frozen_importlib_external import MAGIC_NUMBER

PART = 64 << 10  # bytes: a socket takes no message that is larger than its buffer

server = _socket.socket(fileno=3)
server.send(MAGIC_NUMBER)
config = json.loads(server.recv(1 << 20))
harness = b""
while len(harness) < config["harness_bytes"]:
    harness += server.recv(PART)
if config["compiled"]:
    harness = marshal.loads(harness)
else:
    harness = [(name, compile(text, "<" + name + ">", "exec", dont_inherit=True)) for name, text in json.loads(harness)]
    code = marshal.dumps(harness)
    server.send(b"%d" % len(code))
    for at in range(0, len(code), PART):
        server.send(code[at : at + PART])
Module = type(sys)
builtins = dict(vars(sys.modules["builtins"]))
package = sys.modules["_harness"] = Module("_harness")
package.__path__ = []
for name, code in harness:
    module = sys.modules["_harness." + name] = Module("_harness." + name)
    setattr(package, name, module)
    module.__builtins__ = builtins
    exec(code, module.__dict__)
del harness, code  # a quarter of a MiB, which imports fill
for name in [name for name in sys.modules if name.startswith("_harness")]:
    del sys.modules[name]
module.main(server, config)
