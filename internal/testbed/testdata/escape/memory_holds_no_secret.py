# Search all of the process's own memory for what begins like a secret: the
# zygote that it was forked from must never have had one.
# result~: \{"pages":[1-9][0-9]{2,},"found":\[\]\}


def main():
    marker = bytes(ord(c) for c in ["c", "a", "n", "a", "r", "y", "-"])
    libc.getauxval.restype = ctypes.c_ulong
    starts = [libc.getauxval(31), id(main), ctypes.cast(libc.free, ctypes.c_void_p).value, ctypes.addressof(ctypes.c_int())]
    state, seen, found = bytes(1), set(), []
    for start in starts:
        for step in 4096, -4096:
            at = start & ~4095
            for _ in range(200):
                if at in seen:
                    break
                if call("mincore", at, 4096, state) != 0:
                    break
                if call("sendto", -1, b"", 0, 0, 0, 0) == "EBADF" and readable(at):
                    seen.add(at)
                    page = ctypes.string_at(at, 4096)
                    i = page.find(marker)
                    # Not the marker itself and not what this search leaves.
                    if i >= 0 and page[i + 7 : i + 17].isalnum() and page[i + 7 : i + 17].isupper():
                        found.append(page[i : i + 33].decode("latin-1"))
                at += step
    return {"pages": len(seen), "found": found}


ends = None


def readable(at):
    """Whether the page can be read: the kernel says so instead of a signal."""
    global ends
    if ends is None:
        ends = os.pipe()
    if call("write", ends[1], at, 1) != 1:
        return False
    os.read(ends[0], 1)
    return True
