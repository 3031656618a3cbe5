# Sums and means by group.
# expect: {"sum": {"x": 4, "y": 6}, "mean": {"x": 2.0, "y": 3.0}}
import pandas as pd

def main():
    df = pd.DataFrame({"key": ["x", "y", "x", "y"], "value": [1, 2, 3, 4]})
    g = df.groupby("key")["value"]
    return {"sum": g.sum().to_dict(), "mean": g.mean().to_dict()}
