# The minimum of Rosenbrock's function is at (1, 1).
# expect: {"x": [1.0, 1.0], "success": true}
from scipy.optimize import minimize, rosen, rosen_der

def main():
    r = minimize(rosen, [-1.2, 1.0], jac=rosen_der, method="BFGS", tol=1e-10)
    return {"x": [round(v, 5) for v in r.x.tolist()], "success": bool(r.fun < 1e-10)}
