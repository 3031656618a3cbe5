# A workbook with a formula, a format and a second sheet.
# expect: {"formula": "=SUM(A1:A3)", "sheets": ["Sheet", "More"], "bold": true, "values": [1, 2, 3]}
import io
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

def main():
    book = Workbook()
    sheet = book.active
    for n in (1, 2, 3):
        sheet.append([n])
    sheet["A4"] = "=SUM(A1:A3)"
    sheet["A4"].font = Font(bold=True)
    book.create_sheet("More")
    out = io.BytesIO()
    book.save(out)
    back = load_workbook(io.BytesIO(out.getvalue()))
    s = back["Sheet"]
    return {"formula": s["A4"].value, "sheets": back.sheetnames, "bold": s["A4"].font.b, "values": [s.cell(i, 1).value for i in (1, 2, 3)]}
