# Quantiles that every table has.
# expect: {"z": 1.959964, "within_one": 0.682689}
from scipy.stats import norm

def main():
    return {"z": round(float(norm.ppf(0.975)), 6), "within_one": round(float(norm.cdf(1) - norm.cdf(-1)), 6)}
