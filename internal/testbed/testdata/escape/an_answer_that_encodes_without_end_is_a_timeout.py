# A dict whose items never end: until the time or the memory does.
# timeout: 0.5
# status: timeout|memory_limit
# error~: Script execution timed out after 0\.5 seconds|Script exceeded the memory limit of 64 MiB


class D(dict):
    def items(self):
        n = 0
        while True:
            n += 1
            yield "k", n


def main():
    return D(a=1)
