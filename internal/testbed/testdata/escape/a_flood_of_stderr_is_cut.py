# The same beside it.
# status: output_limit
# error: Script exceeded the stderr limit of 4 KiB
# stderr~: x+
import sys


def main():
    while True:
        print("x" * 1000, end="", file=sys.stderr)
