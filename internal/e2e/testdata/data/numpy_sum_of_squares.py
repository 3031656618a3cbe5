# n(n+1)(2n+1)/6 for n = 1000000.
# expect: {"sum": 333333833333500000}
import numpy as np

def main():
    n = np.arange(1, 1_000_001, dtype=np.int64)
    return {"sum": int((n * n).sum())}
