# The one kind of socket that there is, turned to other addresses.
# result: {"refused": ["stream to a path", "stream to a name", "datagram to a path", "datagram to a name", "connect again", "bind a name", "bind a path", "listen", "descriptors"], "ok": ["twin"]}
import array
import importlib
socket = importlib.import_module("socket")


def main(targets):
    stream, other = socket.socketpair()
    datagram, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    path, name = targets["socket"], "\0" + targets["abstract"]
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [1]))]
    return reach(**{
        "stream to a path": lambda: stream.sendto(b"x", path), "stream to a name": lambda: stream.sendto(b"x", name),
        "datagram to a path": lambda: datagram.sendto(b"x", path), "datagram to a name": lambda: datagram.sendto(b"x", name),
        "connect again": lambda: datagram.connect(name), "bind a name": lambda: stream.bind("\0mine"), "bind a path": lambda: stream.bind("mine"),
        "listen": lambda: stream.listen(), "descriptors": lambda: stream.sendmsg([b"x"], rights), "twin": lambda: (stream.send(b"x"), other.recv(1)),
    })
