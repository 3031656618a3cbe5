# Text in, numbers and dates out, and back to text.
# expect: {"types": true, "total": 60.5, "text": "day,amount\n2024-02-28,10.0\n2024-02-29,20.5\n2024-03-01,30.0\n"}
import io
import pandas as pd

def main():
    text = "day,amount\n2024-02-28,10.0\n2024-02-29,20.5\n2024-03-01,30.0\n"
    df = pd.read_csv(io.StringIO(text), parse_dates=["day"])
    types = pd.api.types.is_datetime64_any_dtype(df["day"]) and pd.api.types.is_float_dtype(df["amount"])
    return {"types": bool(types), "total": float(df["amount"].sum()), "text": df.to_csv(index=False)}
