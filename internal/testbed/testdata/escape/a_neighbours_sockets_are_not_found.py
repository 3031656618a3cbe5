# Abstract names are one space for all of a network namespace.
# beside: beside/holds_a_secret.py
# result: {"EPERM": ["make", "bind", "connect", "send"], "ok": ["twin"]}
import importlib
socket = importlib.import_module("socket")


def main():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    name, came = "\0neighbour", {}
    for label, f in {
        "make": lambda: socket.socket(socket.AF_UNIX), "bind": lambda: a.bind(name), "connect": lambda: a.connect(name),
        "send": lambda: a.sendto(b"x", name), "twin": lambda: (a.send(b"x"), b.recv(1)),
    }.items():
        came.setdefault(outcome(f), []).append(label)
    return came
