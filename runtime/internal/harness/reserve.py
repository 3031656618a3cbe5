"""Room that is kept for telling that there is no more.

What a script has filled its memory with may stay where it is, in a global for
one, and then there is none left for the words that say so. The room is of the
interpreter's own address space, taken in the zygote: it costs a script nothing.
"""

from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap

SIZE = 3 << 19  # bytes of each; Python takes memory for small objects by the MiB

_len = len

_kept = []
given = 0  # bytes that are not kept any more


PARTS = 3  # one is for the error, one for what follows it, one for its frame


def prepare():
    """Take it. Runs in the zygote, and again behind an error that does not end the process."""
    global given
    while _len(_kept) < PARTS:
        try:
            _kept.append(mmap(-1, SIZE, MAP_PRIVATE | MAP_ANONYMOUS, prot=0))
        except (OSError, MemoryError):
            break  # a script has left less than that
    given = 0


def give_room():
    """Let the next allocations have some, as long as there is."""
    global given
    if _kept:
        _kept.pop().close()
        given += SIZE
