# Temporary files without names that are mapped and let go again, many times while the run is looked at: each is small.
# result: {"mapped": true, "written": 4096}
import mmap
import tempfile
import time


def main():
    total, until = 0, time.monotonic() + 2
    with tempfile.TemporaryFile() as kept:
        kept.write(bytes(mmap.PAGESIZE))
        kept.flush()
        while time.monotonic() < until:
            with tempfile.TemporaryFile() as f:
                f.truncate(mmap.PAGESIZE)
                with mmap.mmap(f.fileno(), mmap.PAGESIZE) as m:
                    m[0] = 1
                    total += m[0]
        return {"mapped": total > 0, "written": kept.tell()}
