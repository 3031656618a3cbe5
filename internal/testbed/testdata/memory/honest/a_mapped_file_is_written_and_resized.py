# A shared mapping of a file in /tmp, read, written, flushed, enlarged, shrunk.
# result: {"file": "hello", "grown": 2097152, "tail": "end", "on disk": 2097152, "shrunk": 4096, "size": 4096, "found": 0}
import mmap
import os


def main():
    with open("f", "w+b") as f:
        f.write(bytes(1 << 20))
        f.flush()
        m = mmap.mmap(f.fileno(), 0)
        m[:5] = b"hello"
        m.flush()
        out = {"file": open("f", "rb").read(5).decode()}
        m.resize(2 << 20)
        m[-3:] = b"end"
        out |= {"grown": len(m), "tail": open("f", "rb").read()[-3:].decode(), "on disk": os.path.getsize("f")}
        m.resize(4096)
        out |= {"shrunk": len(m), "size": os.path.getsize("f"), "found": m.find(b"hello")}
        m.close()
    return out
