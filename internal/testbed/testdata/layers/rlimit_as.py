# More memory than allowed.
import mmap


def main():
    return str(attempt(mmap.mmap, -1, 700 << 20)).startswith("<mmap") or "ENOMEM"
