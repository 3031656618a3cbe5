# Points on a line have one component.
# expect: {"ratio": [1.0, 0.0]}
import numpy as np
from sklearn.decomposition import PCA

def main():
    t = np.linspace(0, 1, 50)
    p = PCA(2).fit(np.column_stack([t, 3 * t]))
    return {"ratio": [abs(round(float(r), 9)) for r in p.explained_variance_ratio_]}
