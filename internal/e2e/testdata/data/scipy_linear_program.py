# Maximise x + y with x + 2y <= 4 and 3x + y <= 6: at (8/5, 6/5).
# expect: {"x": [1.6, 1.2], "value": 2.8}
from scipy.optimize import linprog

def main():
    r = linprog([-1, -1], A_ub=[[1, 2], [3, 1]], b_ub=[4, 6])
    return {"x": [round(float(v), 9) for v in r.x], "value": round(-float(r.fun), 9)}
