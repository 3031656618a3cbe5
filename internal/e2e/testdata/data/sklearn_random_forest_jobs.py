# n_jobs asks for processes or threads; it works with what there is.
# expect: {"good": true, "trees": 20}
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

def main():
    x, y = make_classification(n_samples=300, n_informative=5, class_sep=2, random_state=0)
    m = RandomForestClassifier(n_estimators=20, n_jobs=4, random_state=0).fit(x, y)
    return {"good": bool(m.score(x, y) > 0.95), "trees": len(m.estimators_)}
