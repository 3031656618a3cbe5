# The stream of MT19937 for seed 42 is documented and never changes.
# expect: {"legacy": [0.3745401188, 0.9507143064], "ints": [51, 92, 14]}
import numpy as np

def main():
    np.random.seed(42)
    legacy = [round(x, 10) for x in np.random.rand(2).tolist()]
    return {"legacy": legacy, "ints": np.random.RandomState(42).randint(0, 100, 3).tolist()}
