# Symbols, not numbers.
# expect: {"integral": "sqrt(pi)", "derivative": "2*x*cos(x**2)"}
import sympy as sp

def main():
    x = sp.symbols("x")
    return {"integral": str(sp.integrate(sp.exp(-x**2), (x, -sp.oo, sp.oo))), "derivative": str(sp.diff(sp.sin(x**2), x))}
