# Plots of each kind, without data sets from the network, drawn to a file.
# expect: {"bars": [2.0, 5.0], "cells": 4, "box": true, "facets": [1, 2], "labels": ["g", "v"], "slope": 2.0, "png": "89504e47"}
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

def main():
    sns.set_theme()
    df = pd.DataFrame({"g": ["a", "a", "b", "b"], "v": [1.0, 3.0, 4.0, 6.0], "x": [0.0, 1.0, 2.0, 3.0]})
    fig, axes = plt.subplots(2, 2)
    bar = sns.barplot(data=df, x="g", y="v", errorbar=None, ax=axes[0][0])
    heat = sns.heatmap(np.eye(2), annot=True, ax=axes[0][1])
    box = sns.boxplot(data=df, x="g", y="v", ax=axes[1][0])
    line = sns.regplot(x=[0.0, 1.0, 2.0], y=[1.0, 3.0, 5.0], ci=None, ax=axes[1][1]).lines[0].get_xydata()
    fig.savefig("plots.png")
    out = {
        "bars": [float(p.get_height()) for p in bar.patches],
        "cells": len(heat.texts),
        "box": len(box.lines) >= 10,
        "labels": [bar.get_xlabel(), bar.get_ylabel()],
        "slope": round(float((line[-1][1] - line[0][1]) / (line[-1][0] - line[0][0])), 6),
        "png": open("plots.png", "rb").read(4).hex(),
    }
    grid = sns.displot(data=df, x="v", col="g")
    out["facets"] = list(grid.axes.shape)
    sns.pairplot(df[["v", "x"]], diag_kind="kde")
    plt.close("all")
    return out
