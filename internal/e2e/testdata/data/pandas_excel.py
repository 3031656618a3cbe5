# A workbook in /tmp, by way of openpyxl.
# expect: {"sheets": ["one", "two"], "sum": 6}
import pandas as pd

def main():
    with pd.ExcelWriter("a.xlsx") as w:
        pd.DataFrame({"a": [1, 2, 3]}).to_excel(w, sheet_name="one", index=False)
        pd.DataFrame({"b": [4]}).to_excel(w, sheet_name="two", index=False)
    sheets = pd.read_excel("a.xlsx", sheet_name=None)
    return {"sheets": list(sheets), "sum": int(sheets["one"]["a"].sum())}
