"""Opens files until there is no descriptor left, and keeps them."""

kept = []


def main(x):
    while x == 1:
        kept.append(open("f", "a"))
    return len(kept)
