# A million names that are not in / are looked up: the kernel remembers,
# until it needs the memory, so that only what is left counts.
# status: ok|memory_limit|cpu_limit|timeout
# holds: 400
# leaves: 8


def main(aim):
    place = "/"
    n = iter(range(10**7))
    access = libc.access

    def take():
        access(b"%s%0200d" % (here, next(n)), 0)

    here = place.encode()
    return held(repeat(take, 10**6, 3))
