# The golden ratio, and a prime factorisation.
# expect: {"roots": ["1/2 - sqrt(5)/2", "1/2 + sqrt(5)/2"], "factors": {"3": 1, "7": 1, "11": 1, "13": 1, "37": 1}}
import sympy as sp

def main():
    x = sp.symbols("x")
    roots = sorted(sp.solve(x**2 - x - 1, x), key=float)
    return {"roots": [str(r) for r in roots], "factors": {str(k): v for k, v in sp.factorint(111111).items()}}
