# An array in a file of /tmp that is mapped, as data larger than memory would be.
# expect: {"sum": 499999500000}
import numpy as np

def main():
    a = np.memmap("a.dat", dtype=np.int64, mode="w+", shape=(1_000_000,))
    a[:] = np.arange(1_000_000)
    a.flush()
    return {"sum": int(np.memmap("a.dat", dtype=np.int64, mode="r").sum())}
