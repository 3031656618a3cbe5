# Two samples one apart, of variance 2.5 and five each: t = -1, 8 degrees of freedom.
# expect: {"t": -1.0, "p": 0.3465935071}
from scipy.stats import ttest_ind

def main():
    r = ttest_ind([1, 2, 3, 4, 5], [2, 3, 4, 5, 6])
    return {"t": round(float(r.statistic), 9), "p": round(float(r.pvalue), 10)}
