# Text in columns.
# expect: {"upper": ["ÄPFEL", "BIRNEN"], "first": ["ä", "b"], "found": 1}
import pandas as pd

def main():
    s = pd.Series(["äpfel", "birnen"])
    return {"upper": s.str.upper().tolist(), "first": s.str[0].tolist(), "found": int(s.str.contains("rn").sum())}
