# The determinant of the Hilbert matrix of order 4 is 1/6048000.
# expect: {"inverse": 6048000}
import numpy as np

def main():
    i = np.arange(1, 5)
    h = 1.0 / (i[:, None] + i[None, :] - 1)
    return {"inverse": round(1 / np.linalg.det(h))}
