# Small ones without end.
# status: memory_limit
# error: Script exceeded the memory limit of 64 MiB
# in gvisor-root gvisor-user: status: memory_limit|cpu_limit
# because: pages cost much processor time there


def main():
    kept = []
    while True:
        kept.append([object()] * 100)
