# Memory of the kernel's: fill all the pairs and pipes there can be.
# result~: [1-9][0-9]{5,6}
import importlib
socket = importlib.import_module("socket")


def main():
    total, kept = 0, []
    try:
        while True:
            kept.append(os.pipe())
    except OSError:
        for _, w in kept:
            os.set_blocking(w, False)
            try:
                while True:
                    total += os.write(w, bytes(4096))
            except BlockingIOError:
                pass
    for r, w in kept:
        os.close(r), os.close(w)
    pairs = []
    try:
        while True:
            pairs.append(socket.socketpair())
    except OSError:
        for a, _ in pairs:
            a.setblocking(False)
            try:
                while True:
                    total += a.send(bytes(4096))
            except BlockingIOError:
                pass
    return total
