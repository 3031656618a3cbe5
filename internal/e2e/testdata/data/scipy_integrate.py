# The integral of exp(-x*x) over the line is the square root of pi.
# expect: {"value": 1.7724538509}
import numpy as np
from scipy.integrate import quad

def main():
    return {"value": round(quad(lambda x: np.exp(-x * x), -np.inf, np.inf)[0], 10)}
