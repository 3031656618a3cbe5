# Write for ever.
# status: output_limit
# error: Script exceeded the stdout limit of 4 KiB
# stdout~: x+


def main():
    while True:
        print("x" * 1000, end="")
