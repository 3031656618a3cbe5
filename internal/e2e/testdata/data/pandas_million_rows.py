# A million rows fit: the mean of 0 to 999999 by parity.
# expect: {"even": 499999.0, "odd": 500000.0}
import numpy as np
import pandas as pd

def main():
    n = np.arange(1_000_000)
    m = pd.DataFrame({"n": n, "odd": n % 2}).groupby("odd")["n"].mean()
    return {"even": float(m[0]), "odd": float(m[1])}
