# A script that sends scripts: its own server on its own port, by every address
# that means this machine.
# result: {"127.0.0.1": "EPERM", "0.0.0.0": "EPERM", "127.1.2.3": "EPERM", "::1": "EPERM", "::ffff:127.0.0.1": "EPERM"}
import importlib
socket = importlib.import_module("socket")


def main(targets):
    def connect(address):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as s:
            s.connect((address, targets["http"]))
    return {a: outcome(connect, a) for a in ["127.0.0.1", "0.0.0.0", "127.1.2.3", "::1", "::ffff:127.0.0.1"]}
