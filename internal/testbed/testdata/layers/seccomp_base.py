# A file that no limit counts. The input is the number of memfd_create.


def main(memfd_create):
    r = call(memfd_create, "m", 0)
    return r if isinstance(r, str) else "made"
