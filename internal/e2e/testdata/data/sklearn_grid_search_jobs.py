# A search with n_jobs=2: joblib takes threads, as there are no processes.
# expect: {"best": 1}
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier

def main():
    x = np.array([[0.0], [0.1], [0.2], [10.0], [10.1], [10.2]])
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 4]}, cv=3, n_jobs=2)
    return {"best": search.fit(x, [0, 0, 0, 1, 1, 1]).best_params_["n_neighbors"]}
