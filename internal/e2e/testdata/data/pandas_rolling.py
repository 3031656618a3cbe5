# A mean over three of 1 to 10 is the middle one.
# expect: {"mean": [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]}
import pandas as pd

def main():
    return {"mean": pd.Series(range(1, 11)).rolling(3).mean().dropna().tolist()}
