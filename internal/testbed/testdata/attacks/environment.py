# Every place where an environment could be found: Python's copy, C's, and the
# block that the kernel laid out at exec, between the arguments and AT_EXECFN.
AT_EXECFN = 31


def main():
    pointer = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
    in_c = []
    while pointer and pointer[len(in_c)]:
        in_c.append(pointer[len(in_c)].decode())
    libc.getauxval.restype = ctypes.c_ulong
    end = libc.getauxval(AT_EXECFN)
    begin = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value
    # In gVisor there are random bytes between them, too.
    block = ctypes.string_at(begin, end - begin).decode(errors="replace").split("\0")
    names = [s.partition("=")[0] for s in block if "=" in s and " " not in s]
    return {"python": dict(os.environ), "c": in_c, "block": [n for n in names if n.isascii() and n.isidentifier() and len(n) > 2]}
