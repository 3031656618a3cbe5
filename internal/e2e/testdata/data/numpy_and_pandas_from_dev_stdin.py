# The standard streams by their names, which a shell would have put there.
# expect: {"numbers": [], "total": 0, "file": true}
import warnings

import numpy as np
import pandas as pd


def main():
    numbers = np.fromfile("/dev/stdin", dtype=np.uint8).tolist()
    with open("table.csv", "w") as f:
        f.write("a,b\n1,2\n")
    empty = pd.read_csv("table.csv").iloc[:0]
    empty.to_csv("/dev/stderr", index=False, header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is empty
        np.loadtxt("/dev/stdin", ndmin=1)
    return {"numbers": numbers, "total": int(empty.a.sum()), "file": pd.read_csv("table.csv").shape == (1, 2)}
