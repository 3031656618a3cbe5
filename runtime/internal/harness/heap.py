"""The heaps as the zygote leaves them: full, so that a fork touches few pages of them.

A new object would lie in a hole between old ones, and each hole on another page that
has to be copied first. Where there are no holes new objects lie side by side behind
the old ones.
"""

import ctypes
import gc
import mmap
import sys

POOL, FIRST_BLOCK = 16 << 10, 48  # of CPython's allocator: see Objects/obmalloc.c
SORTING = 1 << 20  # bytes: a block that makes glibc merge and sort what is free
SIZES = [64 << 10 >> n for n in range(6)] + list(range(1032, 23, -16))  # of blocks to fill it with

HUGE = 2 << 20  # bytes of a huge page, where it is not the kernel's unit it takes none
PAGE = mmap.PAGESIZE
MOSTLY = 3, 4  # of a huge page's small ones are there already, so that it takes little more memory
MADV_COLLAPSE = 25
PR_SET_THP_DISABLE, PR_GET_THP_DISABLE = 41, 42


class Mallinfo(ctypes.Structure):
    """What glibc says of its heap: its size, and how much of it lies behind all that is in use."""

    _fields_ = [("arena", ctypes.c_int), ("others", ctypes.c_int * 8), ("keepcost", ctypes.c_int)]


_kept = []
_libc = ctypes.CDLL(None, use_errno=True)


def settle():
    """Fill the holes that imports left, for good. Runs in the zygote."""
    settle_objects()
    settle_c()


def settle_objects():
    """Fill the pools of CPython's allocator that are partly used."""
    for size in range(48, 513, 16):
        block = b""
        while id(block) % POOL != FIRST_BLOCK:
            block = bytes(size - sys.getsizeof(b""))
            _kept.append(block)


def settle_c():
    """Fill the free chunks of the C library's main heap, from the large to the small.

    What lies behind them all is no hole: that is what a fork is to have.
    """
    malloc, free, sbrk = _libc.malloc, _libc.free, _libc.sbrk
    malloc.restype = sbrk.restype = ctypes.c_void_p
    malloc.argtypes, free.argtypes, sbrk.argtypes = [ctypes.c_size_t], [ctypes.c_void_p], [ctypes.c_ssize_t]
    _libc.mallinfo.restype = Mallinfo
    free(malloc(SORTING))
    for size in SIZES:
        rest = sbrk(0) - _libc.mallinfo().keepcost  # where what lies behind them begins
        while True:
            block = malloc(size)
            if block is None or block >= rest:
                free(block)
                break


def collapse():
    """Make huge pages of the heaps. Runs in the zygote, when they are settled.

    A fork then copies one entry for what took 512, and its end lets go of one. For all
    else they are off in the jail, see noHugePages in package sandbox: where they are
    not, there is no telling them apart, and nothing is done.
    """
    if prctl(PR_GET_THP_DISABLE, 0) != 1:
        return
    prctl(PR_SET_THP_DISABLE, 0)
    try:
        for at in sorted({id(o) // HUGE * HUGE for o in gc.get_objects()} | heap_of_c()):
            if resident(at) * MOSTLY[1] >= HUGE // PAGE * MOSTLY[0]:
                # Where it can't be, as in memory that is short or in pieces, it stays as it is.
                _libc.madvise(ctypes.c_void_p(at), ctypes.c_size_t(HUGE), MADV_COLLAPSE)
    finally:
        prctl(PR_SET_THP_DISABLE, 1)
        if prctl(PR_GET_THP_DISABLE, 0) != 1:
            raise SystemExit("huge pages cannot be turned off again")


def prctl(option, value):
    return _libc.prctl(option, *map(ctypes.c_long, (value, 0, 0, 0)))


def heap_of_c():
    end = _libc.sbrk(0)
    return set(range((end - _libc.mallinfo().arena) // HUGE * HUGE, end, HUGE))


def resident(at):
    """How many small pages there are where a huge one would be; 0 where not all of it is mapped."""
    pages = (ctypes.c_ubyte * (HUGE // PAGE))()
    if _libc.mincore(ctypes.c_void_p(at), ctypes.c_size_t(HUGE), pages):
        return 0
    return sum(map((1).__and__, pages))
