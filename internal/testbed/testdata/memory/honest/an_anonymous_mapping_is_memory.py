# What is done with mmap.mmap(-1, n): slices, numbers, search, a cursor, shrinking.
# result: {"slice": "abc", "byte": 120, "find": 4096, "rfind": 8192, "read": "bc", "line": "one\n", "length": 1048576, "kept": "abc", "shrunk": 4096, "closed": true, "again": 1}
import mmap


def main():
    m = mmap.mmap(-1, 1 << 20)
    m[0:3] = b"abc"
    m[3] = ord("x")
    m[4096:4099] = m[8192:8195] = b"key"
    out = {"slice": m[:3].decode(), "byte": m[3], "find": m.find(b"key"), "rfind": m.rfind(b"key")}
    m.seek(1)
    out["read"] = m.read(2).decode()
    m.seek(100)
    m.write(b"one\ntwo\n")
    m.seek(100)
    out["line"] = m.readline().decode()
    out["length"] = len(m)
    m.resize(4096)
    out |= {"kept": m[:3].decode(), "shrunk": len(m)}
    m.close()
    out["closed"] = m.closed
    with mmap.mmap(-1, 40 << 20) as m:
        m[::4096] = b"\1" * (len(m) // 4096)
        out["again"] = m[4096]
    return out
