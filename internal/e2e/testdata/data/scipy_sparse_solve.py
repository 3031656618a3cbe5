# The second difference of x*(n+1-x)/2 is minus one: a system of 10000 unknowns.
# expect: {"close": true}
import numpy as np
from scipy.sparse import diags_array
from scipy.sparse.linalg import spsolve

def main():
    n = 10000
    a = diags_array([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1], format="csc")
    x = np.arange(1, n + 1)
    return {"close": bool(np.allclose(spsolve(a, np.ones(n)), x * (n + 1 - x) / 2))}
