# An outer product of two pairs has rank 2.
# expect: {"rank": 2, "singular": [10.0, 6.0]}
import numpy as np

def main():
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(50, 2)))
    a = q @ np.diag([10.0, 6.0]) @ q.T
    return {"rank": int(np.linalg.matrix_rank(a)), "singular": [round(float(s), 9) for s in np.linalg.svd(a)[1][:2]]}
