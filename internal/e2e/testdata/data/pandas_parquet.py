# A file of columns, by way of pyarrow, in /tmp.
# expect: {"equal": true, "columns": ["b"]}
import pandas as pd

def main():
    df = pd.DataFrame({"a": range(1000), "b": [f"text {i % 7}" for i in range(1000)]})
    df.to_parquet("a.parquet")
    return {"equal": bool(pd.read_parquet("a.parquet").equals(df)), "columns": list(pd.read_parquet("a.parquet", columns=["b"]).columns)}
