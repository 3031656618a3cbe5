# Dijkstra on a ring of ten: the far side is five away.
# expect: {"distance": 5.0}
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

def main():
    n = np.arange(10)
    g = csr_array((np.ones(10), (n, (n + 1) % 10)), shape=(10, 10))
    return {"distance": float(dijkstra(g, directed=False, indices=0)[5])}
