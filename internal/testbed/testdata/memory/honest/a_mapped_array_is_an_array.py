# numpy.memmap, and where there is no numpy the same with array and memoryview.
# result: [499500, 499500, 7]
import array
import mmap
import os


def by_numpy(numpy):
    a = numpy.memmap("f", dtype="int32", mode="w+", shape=(1000,))
    a[:] = numpy.arange(1000)
    a.flush()
    first = int(a.sum())
    b = numpy.memmap("f", dtype="int32", mode="r+", shape=(1000,))
    second = int(b.sum())
    b[0] = 7
    b.flush()
    return [first, second, int(numpy.fromfile("f", dtype="int32")[0])]


def main():
    try:
        import numpy
    except ImportError:
        pass
    else:
        return by_numpy(numpy)
    with open("f", "wb") as f:
        array.array("i", range(1000)).tofile(f)
    fd = os.open("f", os.O_RDWR)
    with mmap.mmap(fd, 0) as m, memoryview(m) as raw, raw.cast("i") as view:
        sums = [sum(view), sum(array.array("i", open("f", "rb").read()))]
        view[0] = 7
    return sums + [array.array("i", open("f", "rb").read())[0]]
