# Small ones without end.
# status: memory_limit
# error: Script exceeded the memory limit of 64 MiB


def main():
    kept = []
    while True:
        kept.append([object()] * 100)
