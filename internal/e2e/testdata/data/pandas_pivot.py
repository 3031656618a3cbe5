# A table by two keys, with its margins.
# expect: {"north_q1": 10, "all": 100}
import pandas as pd

def main():
    df = pd.DataFrame({"region": ["north", "north", "south", "south"], "quarter": ["q1", "q2", "q1", "q2"], "sales": [10, 20, 30, 40]})
    t = df.pivot_table(index="region", columns="quarter", values="sales", aggfunc="sum", margins=True)
    return {"north_q1": int(t.loc["north", "q1"]), "all": int(t.loc["All", "All"])}
