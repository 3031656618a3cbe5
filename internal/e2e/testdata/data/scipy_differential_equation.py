# y' = -y from 1: after one unit of time 1/e.
# expect: {"y": 0.367879}
from scipy.integrate import solve_ivp

def main():
    r = solve_ivp(lambda t, y: -y, (0, 1), [1.0], rtol=1e-10, atol=1e-12)
    return {"y": round(float(r.y[0, -1]), 6)}
