# Flowers are told apart, with the data that the library brings along.
# expect: {"samples": 150, "good": true}
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

def main():
    x, y = load_iris(return_X_y=True)
    return {"samples": len(x), "good": bool(cross_val_score(LogisticRegression(max_iter=1000), x, y, cv=5).mean() > 0.95)}
