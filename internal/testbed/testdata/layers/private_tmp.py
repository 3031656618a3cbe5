# Fill the working directory.
# contained: ["ENOSPC",64]
# free~: \["E[A-Z]+",\d+\]


def main():
    written = 0
    try:
        for n in range(9):
            with open(f"part{n}", "wb", buffering=0) as f:
                for _ in range(16):
                    written += f.write(bytes(1 << 20))
    except OSError as e:
        return [errno.errorcode[e.errno], written >> 20]
    return written >> 20
