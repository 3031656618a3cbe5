"""What the interpreter is started with: it takes the harness from descriptor 3.

So no file of ours has to exist where scripts run. The modules are out of
sys.modules again before any of them does anything, and they have builtins of
their own: what a script does to those that it sees does not matter to them.
"""

import _socket
import json
import sys

server = _socket.socket(fileno=3)
config = json.loads(server.recv(1 << 20))
Module = type(sys)
builtins = dict(vars(sys.modules["builtins"]))
package = sys.modules["_harness"] = Module("_harness")
package.__path__ = []
for name, text in config.pop("harness"):
    module = sys.modules["_harness." + name] = Module("_harness." + name)
    setattr(package, name, module)
    module.__builtins__ = builtins
    exec(compile(text, "<" + name + ">", "exec", dont_inherit=True), module.__dict__)
del text  # with the others a quarter of a MiB, which imports fill
for name in [name for name in sys.modules if name.startswith("_harness")]:
    del sys.modules[name]
module.main(server, config)
