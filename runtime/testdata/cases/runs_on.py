"""Takes a processor for itself."""


def main(x):
    while x == 1:
        pass
    return x
