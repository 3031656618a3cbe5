# What the memory programs share, after what the escape suite's do. Each tries
# to hold as many MiB as it is told, for a moment in which it is measured.
import mmap
import socket
import threading
import time

MIB, PAGE, HUGE = 1 << 20, 4096, 2 << 20
READ, WRITE = 1, 2
SHARED, PRIVATE, FIXED, ANONYMOUS, GROWSDOWN = 1, 2, 0x10, 0x20, 0x100
LOCKED, NORESERVE, POPULATE, HUGETLB, DROPPABLE = 0x2000, 0x4000, 0x8000, 0x40000, 0x08
MOMENT, BEGAN, BUSY = 0.4, time.monotonic(), 3.5


own = ctypes.CDLL(None, use_errno=True)  # the other one's functions have no types


def typed(name, result, *takes):
    """A function of the C library that raises OSError."""
    f = getattr(own, name)
    f.restype, f.argtypes = result, takes

    def wrapped(*args):
        r = f(*args)
        if r in (-1, (1 << 64) - 1):
            e = ctypes.get_errno()
            raise OSError(e, errno.errorcode.get(e, name))
        return r or 0

    return wrapped


size, where, number = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int
map_at = typed("mmap", where, where, size, number, number, number, ctypes.c_long)
unmap = typed("munmap", number, where, size)
advise = typed("madvise", number, where, size, number)
protect = typed("mprotect", number, where, size, number)
remap = typed("mremap", where, where, size, size, number, where)
system = typed("syscall", ctypes.c_long, *[ctypes.c_long] * 7)


def mapped(length, flags=PRIVATE | ANONYMOUS, prot=READ | WRITE, fd=-1, at=0):
    return map_at(at, length, prot, flags, fd, 0)


def kernel(name, *args):
    """A system call that raises OSError."""
    return system(NUMBERS[name], *args, *[0] * (6 - len(args)))


def touch(at, length):
    ctypes.memset(at, 1, length)


def repeat(step, times, seconds=2):
    """Do it until it is refused; how often it went well, and what then came.
    All together take less than a run may, on a slow machine, too."""
    done, end = 0, min(time.monotonic() + seconds, BEGAN + BUSY)
    try:
        while done < times and time.monotonic() < end:
            step()
            done += 1
    except (OSError, MemoryError, RuntimeError, ValueError, StopIteration) as e:
        code = getattr(e, "errno", None)
        return done, errno.errorcode.get(code, type(e).__name__)
    return done, "ok"


def held(*what):
    """Stay a moment, in which the machine shows what is really held."""
    time.sleep(MOMENT)
    return list(what)


def pairs(kind=socket.SOCK_STREAM):
    """Both ends of as many sockets as there are descriptors for."""
    ends = []
    repeat(lambda: ends.extend(socket.socketpair(socket.AF_UNIX, kind)), 500)
    for s in ends:
        s.setblocking(False)
    return ends


def pipes(flags=0):
    """Writing and reading ends of as many pipes as there are descriptors for."""
    ends = []
    repeat(lambda: ends.append(os.pipe2(flags | os.O_NONBLOCK)), 500)
    return ends


