"""Keeps what it holds in a global, until there is no more."""

kept = []


def main(x):
    while x == 1:
        kept.append(bytes(1 << 26))
    return len(kept)
