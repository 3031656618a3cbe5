# A parabola through its own points.
# expect: {"coefficients": [3.0, -2.0, 1.0]}
import numpy as np

def main():
    x = np.linspace(-5, 5, 101)
    return {"coefficients": [round(c, 8) for c in np.polyfit(x, 3 * x * x - 2 * x + 1, 2).tolist()]}
