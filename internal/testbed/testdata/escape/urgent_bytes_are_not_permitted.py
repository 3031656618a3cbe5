# Bytes out of band, by which others got from a sandbox into the kernel, within a
# pair of one's own and to the server.
# result: {"EPERM": ["send", "receive", "send to the server", "receive from the server"], "ok": ["at once", "twin", "look ahead"]}
import importlib

socket = importlib.import_module("socket")
OOB, PEEK, DONTWAIT = 1, 2, 0x40


def main():
    a, b = socket.socketpair()
    one = bytes(1)
    return survey(
        ("send: sendto", a.fileno(), one, 1, OOB, 0, 0), ("receive: recvfrom", b.fileno(), one, 1, OOB, 0, 0),
        ("send to the server: sendto", 3, one, 1, OOB, 0, 0), ("receive from the server: recvfrom", 3, one, 1, OOB | DONTWAIT, 0, 0),
        ("at once: sendto", a.fileno(), one, 1, DONTWAIT, 0, 0), ("twin: sendto", a.fileno(), one, 1, 0, 0, 0),
        ("look ahead: recvfrom", b.fileno(), one, 1, PEEK | DONTWAIT, 0, 0),
    )
