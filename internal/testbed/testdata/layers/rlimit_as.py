# More memory than allowed.
# contained: "ENOMEM"
# free: true
import mmap


def main():
    return str(attempt(mmap.mmap, -1, 700 << 20)).startswith("<mmap") or "ENOMEM"
