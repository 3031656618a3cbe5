# Least squares by formula and by matrices, a logit, and a time series.
# expect: {"ols": [1.0, 2.0], "r2": 1.0, "formula": true, "p": true, "summary": true, "logit": true, "ar": 0.8, "tukey": [true]}
import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.stats.multicomp import pairwise_tukeyhsd
from statsmodels.tsa.ar_model import AutoReg

def main():
    x = np.arange(10.0)
    y = 1 + 2 * x
    ols = sm.OLS(y, sm.add_constant(x)).fit()
    noisy = pd.DataFrame({"x": x, "y": y + np.sin(7 * x)})
    fit = smf.ols("y ~ x", data=noisy).fit()
    logit = sm.Logit(np.array([0, 0, 1, 0, 1, 1, 0, 1, 1, 1]), sm.add_constant(x)).fit(disp=0)
    series = [1.0]
    for i in range(200):
        series.append(0.8 * series[-1] + np.sin(i * i))
    return {
        "ols": [round(float(v), 6) for v in ols.params],
        "r2": round(float(ols.rsquared), 6),
        "formula": bool(np.allclose(fit.params, np.polyfit(x, noisy["y"], 1)[::-1])),
        "p": bool(fit.pvalues["x"] < 1e-6),
        "summary": "R-squared" in str(fit.summary()) and "<table" in fit.summary().as_html(),
        "logit": bool(logit.params[1] > 0),
        "ar": round(float(AutoReg(np.array(series), 1).fit().params[1]), 1),
        "tukey": [bool(v) for v in pairwise_tukeyhsd([1, 2, 1, 9, 8, 9], list("aaabbb")).reject],
    }
