# The eigenvalues of the second difference matrix of order n are 2 - 2 cos(k pi/(n+1)).
# expect: {"close": true, "largest": 3.9990325646}
import numpy as np

def main():
    n = 100
    a = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    got = np.linalg.eigvalsh(a)
    want = 2 - 2 * np.cos(np.arange(1, n + 1) * np.pi / (n + 1))
    return {"close": bool(np.allclose(got, want)), "largest": round(float(got[-1]), 10)}
