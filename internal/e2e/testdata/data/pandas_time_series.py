# 2024 is a leap year; a mean by month of the day of the month is (n+1)/2.
# expect: {"days": 366, "february": 15.0, "april": 15.5}
import pandas as pd

def main():
    days = pd.date_range("2024-01-01", "2024-12-31", freq="D")
    s = pd.Series(days.day, index=days)
    m = s.resample("MS").mean()
    return {"days": len(days), "february": float(m.iloc[1]), "april": float(m.iloc[3])}
