# The frame of the benchmark.
# expect: {"a": 499500, "b": 249750.0}
import pandas as pd

def main():
    df = pd.DataFrame({"a": range(1000), "b": [x / 2 for x in range(1000)]})
    return {"a": int(df["a"].sum()), "b": float(df["b"].sum())}
