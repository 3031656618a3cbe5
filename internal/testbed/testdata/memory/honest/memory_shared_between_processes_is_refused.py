# There is one process: what is for several is refused, as it always was, with an
# error that names the cause.
# result~: \{"shared":"(EPERM|ENOENT|EACCES|EROFS|ENOSYS)","array":"[A-Za-z]+"\}
import errno
import multiprocessing
from multiprocessing import shared_memory


def main():
    out = {}
    try:
        shared_memory.SharedMemory("pyexec-test", create=True, size=4096)
        out["shared"] = "made"
    except OSError as e:
        out["shared"] = errno.errorcode[e.errno]
    try:
        out["array"] = "none" if sum(multiprocessing.Array("i", range(10), lock=False)) == 45 else "wrong"
    except OSError as e:
        out["array"] = type(e).__name__
    return out
