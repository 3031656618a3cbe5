# A matrix times its inverse, 600 by 600: BLAS and LAPACK at work.
# expect: {"error_below": true}
import numpy as np

def main():
    a = np.random.default_rng(1).random((600, 600)) + 600 * np.eye(600)
    return {"error_below": bool(np.abs(a @ np.linalg.inv(a) - np.eye(600)).max() < 1e-10)}
