# A query of a data base in memory.
# expect: {"total": 6}
import sqlite3
import pandas as pd

def main():
    with sqlite3.connect(":memory:") as db:
        pd.DataFrame({"a": [1, 2, 3]}).to_sql("t", db, index=False)
        return {"total": int(pd.read_sql("select sum(a) as total from t", db)["total"][0])}
