# The environment as Python has it, as C has it, and as the kernel laid it out
# at exec.
# result~: \{"python":\{\},"c":\[\],"block":\["LD_BIND_NOW=[^"]*","LD_ORIGIN_PATH=[^"]*"\]\}
AT_EXECFN = 31


def main():
    pointer, in_c = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ"), []
    while pointer and pointer[len(in_c)]:
        in_c.append(pointer[len(in_c)].decode())
    libc.getauxval.restype = ctypes.c_ulong
    begin, end = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value, libc.getauxval(AT_EXECFN)
    block = ctypes.string_at(begin, end - begin).decode().split("\0")
    return {"python": dict(os.environ), "c": in_c, "block": [s for s in block if s.startswith("LD_") or "SECRET" in s]}
