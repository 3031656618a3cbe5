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
    block = ctypes.string_at(begin, end - begin).decode().split("\0")
    return {"python": dict(os.environ), "c": in_c, "block": [s.partition("=")[0] for s in block if "=" in s and " " not in s]}
