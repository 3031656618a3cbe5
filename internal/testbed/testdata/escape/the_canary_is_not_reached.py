# A listener of the server's own user, by each kind of socket.
# result: {"refused": ["tcp", "udp", "path", "abstract", "fast open", "raw"]}
import importlib
socket = importlib.import_module("socket")


def main(targets):
    here = "127.0.0.1", targets["tcp"]

    def connect(family, kind, address):
        with socket.socket(family, kind) as s:
            s.connect(address)
            s.send(b"x")
            return s.recv(100)

    def fast():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.sendto(b"x", socket.MSG_FASTOPEN, here)

    return reach(**{
        "tcp": lambda: connect(socket.AF_INET, socket.SOCK_STREAM, here), "udp": lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, here),
        "path": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, targets["socket"]), "abstract": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + targets["abstract"]),
        "fast open": fast, "raw": lambda: connect(socket.AF_INET, socket.SOCK_RAW, here),
    })
