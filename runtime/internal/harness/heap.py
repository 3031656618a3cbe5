"""The heaps as the zygote leaves them: full, so that a fork touches few pages of them.

A new object would lie in a hole between old ones, and each hole on another page that
has to be copied first. Where there are no holes new objects lie side by side behind
the old ones.
"""

import ctypes
import sys

POOL, FIRST_BLOCK = 16 << 10, 48  # of CPython's allocator: see Objects/obmalloc.c
SORTING = 1 << 20  # bytes: a block that makes glibc merge and sort what is free
SIZES = [64 << 10 >> n for n in range(6)] + list(range(1032, 23, -16))  # of blocks to fill it with


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
