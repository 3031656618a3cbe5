# An outer join: one row matches, one of each side does not.
# expect: {"rows": 3, "both": 1, "left": 1, "right": 1}
import pandas as pd

def main():
    a = pd.DataFrame({"id": [1, 2], "a": ["p", "q"]})
    b = pd.DataFrame({"id": [2, 3], "b": ["r", "s"]})
    m = a.merge(b, how="outer", on="id", indicator=True)
    n = m["_merge"].value_counts()
    return {"rows": len(m), "both": int(n["both"]), "left": int(n["left_only"]), "right": int(n["right_only"])}
