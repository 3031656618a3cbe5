# The three kinds of access, and the flags by name.
# result: {"WRITE": "a", "COPY": "a", "READ": "TypeError", "PRIVATE": "a", "a file to read": "TypeError", "a copy of a file": ["x", "y"]}
import mmap


def main():
    out = {}
    for name in "WRITE", "COPY", "READ":
        with mmap.mmap(-1, 8192, access=getattr(mmap, "ACCESS_" + name)) as m:
            try:
                m[0:1] = b"a"
                out[name] = m[0:1].decode()
            except TypeError as e:
                out[name] = type(e).__name__
    with mmap.mmap(-1, 8192, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as m:
        m[0:1] = b"a"
        out["PRIVATE"] = m[0:1].decode()
    with open("f", "w+b") as f:
        f.write(b"x" * 4096)
        f.flush()
        with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
            try:
                m[0:1] = b"y"
            except TypeError as e:
                out["a file to read"] = type(e).__name__
        with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY) as m:
            m[0:1] = b"y"
            f.seek(0)
            out["a copy of a file"] = [f.read(1).decode(), m[0:1].decode()]
    return out
