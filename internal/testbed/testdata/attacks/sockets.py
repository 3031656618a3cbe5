# Reach anybody from a pair of connected sockets, and pass descriptors.
# entries: "send": 5, "received": "hello", "sendto an abstract name": "EPERM", "sendto a path": "EPERM"
# entries: "connect": "EPERM", "bind": "EPERM", "socket": "EPERM", "listen": "EPERM", "asyncio": "thread"
# entries: "descriptors out": "EPERM", "descriptors to the server": "EPERM", "descriptors in": "EPERM"
import array
import asyncio
import socket


def main():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    abstract = "\0pyexec-test"
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))]

    async def echo():
        return await asyncio.to_thread(lambda: "thread")

    return {
        "send": attempt(a.send, b"hello"),
        "received": b.recv(9).decode(),
        "sendto an abstract name": attempt(a.sendto, b"x", abstract),
        "sendto a path": attempt(a.sendto, b"x", "/tmp/socket"),
        "connect": attempt(a.connect, abstract),
        "bind": attempt(a.bind, "\0mine"),
        "descriptors out": attempt(a.sendmsg, [b"x"], rights),
        "descriptors to the server": call("sendmsg", 3, bytes(56), 0),
        "descriptors in": attempt(b.recvmsg, 1, 64),
        "socket": attempt(socket.socket),
        "listen": attempt(a.listen),
        "asyncio": asyncio.run(echo()),
    }
