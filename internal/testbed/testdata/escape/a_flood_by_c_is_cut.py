# Through the C library's own buffer, which nobody flushes.
# status: output_limit
# error: Script exceeded the stdout limit of 4 KiB
# stdout~: z+


def main():
    stdout = ctypes.c_void_p.in_dll(libc, "stdout")
    for _ in range(10000):
        libc.fputs(b"z" * 1000, stdout)
    return 1
