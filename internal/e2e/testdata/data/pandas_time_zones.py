# Noon in Berlin in summer and winter, in UTC.
# expect: {"hours": [10, 11]}
import pandas as pd

def main():
    s = pd.to_datetime(pd.Series(["2024-07-01 12:00", "2024-12-01 12:00"])).dt.tz_localize("Europe/Berlin")
    return {"hours": s.dt.tz_convert("UTC").dt.hour.tolist()}
