# Compiled code is kept in a file beside the script's.
# expect: {"value": 2, "vector": [2.0], "kept": true}
import pathlib

import numba
import numpy as np


@numba.njit(cache=True)
def increased(a):
    return a + 1


@numba.vectorize(["float64(float64)"], cache=True)
def doubled(a):
    return a * 2


def main():
    return {
        "value": increased(1),
        "vector": doubled(np.array([1.0])).tolist(),
        "kept": len(list(pathlib.Path("__pycache__").glob("script.increased-*.nbi"))) == 1,
    }
