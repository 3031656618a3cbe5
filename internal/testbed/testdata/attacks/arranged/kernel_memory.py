# Buffers of the kernel, which are in no process: each end of a pair is filled.
# This comes of it where no control group bounds the jail.
# result: "full"
import socket


def main():
    held = []
    try:
        while True:
            held.append(socket.socketpair())
    except OSError:
        held.pop()
    for pair in held:
        for end in pair:
            end.setblocking(False)
            try:
                while True:
                    end.send(bytes(65536))
            except BlockingIOError:
                pass
    return "full"
