# socket.sendfile uses os.sendfile where it may, and sends otherwise.
# result: {"sent": 1000000, "same": true, "offset": 10, "part": true}
import os
import socket
import threading


def main():
    data, got = os.urandom(1000000), bytearray()
    with open("f", "wb") as f:
        f.write(data)
    a, b = socket.socketpair()

    def read():
        while block := b.recv(1 << 16):
            got.extend(block)

    t = threading.Thread(target=read)
    t.start()
    with open("f", "rb") as f:
        sent = a.sendfile(f)
        part = a.sendfile(f, 5, 10)
    a.close()
    t.join()
    return {"sent": sent, "same": got[:1000000] == data, "offset": part, "part": got[1000000:] == data[5:15]}
