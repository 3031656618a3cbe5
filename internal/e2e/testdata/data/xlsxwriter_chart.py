# A workbook with a chart, written by one library and read by another.
# expect: {"values": [10, 40, 50], "formula": "=SUM(A1:A2)", "charts": 1, "pandas": [1, 2]}
import pandas as pd
import xlsxwriter
from openpyxl import load_workbook

def main():
    with xlsxwriter.Workbook("book.xlsx") as book:
        sheet = book.add_worksheet("Data")
        sheet.write_column("A1", [10, 40], book.add_format({"bold": True}))
        sheet.write_formula("A3", "=SUM(A1:A2)", value=50)
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Data!$A$1:$A$2"})
        sheet.insert_chart("C1", chart)
    with pd.ExcelWriter("frame.xlsx", engine="xlsxwriter") as w:
        pd.DataFrame({"a": [1, 2]}).to_excel(w, index=False)
    values = load_workbook("book.xlsx", data_only=True)["Data"]
    back = load_workbook("book.xlsx")["Data"]
    return {
        "values": [values.cell(i, 1).value for i in (1, 2, 3)],
        "formula": back["A3"].value,
        "charts": len(back._charts),
        "pandas": pd.read_excel("frame.xlsx")["a"].tolist(),
    }
