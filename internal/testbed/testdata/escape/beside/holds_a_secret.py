# A run like any other: a file, a pipe, a socket, memory, and time.
# result: {"file": "neighbour's", "memory": "neighbour's", "files": ["neighbour"], "pair": "neighbour's", "signals": 0}
import mmap
import signal
import time


def main():
    came = []
    for s in (1, 2, 10, 12, 15, 18):
        signal.signal(s, lambda *_: came.append(1))
    with open("neighbour", "w") as f:
        f.write("neighbour's")
    shared = mmap.mmap(-1, 4096)
    shared.write(b"neighbour's")
    r, w = os.pipe()
    os.write(w, b"neighbour's")
    end = time.monotonic() + 1
    while time.monotonic() < end:
        time.sleep(0.05)
    return {"file": open("neighbour").read(), "memory": shared[:11].decode(), "files": os.listdir("."), "pair": os.read(r, 11).decode(), "signals": len(came)}
