# What asks for the number of cores, for which a program would be called.
# expect: {"clusters": 2, "folds": 5}
import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import cross_val_score

def main():
    x = np.arange(40.0).reshape(-1, 1) % 20
    scores = cross_val_score(HistGradientBoostingRegressor(max_iter=5), x, x.ravel(), n_jobs=-1)
    return {"clusters": len(set(KMeans(2, n_init=2).fit(x).labels_)), "folds": len(scores)}
