# Three clusters that nobody could miss.
# expect: {"centres": [0.0, 10.0, 20.0]}
import numpy as np
from sklearn.cluster import KMeans

def main():
    x = np.array([[c + d] for c in (0.0, 10.0, 20.0) for d in (-1.0, 0.0, 1.0)])
    m = KMeans(3, n_init=10, random_state=0).fit(x)
    return {"centres": sorted(round(float(c), 9) + 0.0 for c in m.cluster_centers_[:, 0])}
