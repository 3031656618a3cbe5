# The line through its own points.
# expect: {"slope": 2.0, "intercept": 1.0}
import numpy as np
from sklearn.linear_model import LinearRegression

def main():
    x = np.arange(10.0)[:, None]
    m = LinearRegression().fit(x, 2 * x[:, 0] + 1)
    return {"slope": round(float(m.coef_[0]), 9), "intercept": round(float(m.intercept_), 9)}
