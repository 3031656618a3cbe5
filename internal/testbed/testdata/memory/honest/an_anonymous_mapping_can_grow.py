# A larger one keeps what was in it, and is zero beyond. Shared anonymous memory
# can't do that: the kernel kills who touches what is beyond.
# result: {"grown": 2097152, "kept": "abc", "zero": 0, "written": "end"}
import mmap


def main():
    m = mmap.mmap(-1, 1 << 20)
    m[:3] = b"abc"
    m.resize(2 << 20)
    out = {"grown": len(m), "kept": m[:3].decode(), "zero": m[-1]}
    m[-3:] = b"end"
    return {**out, "written": m[-3:].decode()}
