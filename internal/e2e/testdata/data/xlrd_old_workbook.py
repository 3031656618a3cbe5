# A workbook in the form before 2007, the smallest that there is: some records.
# expect: {"sheets": ["S"], "values": [7.0, "hi"]}
import struct

import xlrd

def record(kind, data):
    return struct.pack("<HH", kind, len(data)) + data

def main():
    begin = record(0x809, struct.pack("<HH", 0x500, 5) + bytes(4)) + record(0x42, struct.pack("<H", 1252))
    end = record(0x0A, b"")
    at = len(begin) + len(record(0x85, struct.pack("<IHB", 0, 0, 1) + b"S")) + len(end)
    book = begin + record(0x85, struct.pack("<IHB", at, 0, 1) + b"S") + end
    book += record(0x809, struct.pack("<HH", 0x500, 0x10) + bytes(4))
    book += record(0x203, struct.pack("<HHHd", 0, 0, 0, 7.0))
    book += record(0x204, struct.pack("<HHHH", 0, 1, 0, 2) + b"hi") + end
    sheet = xlrd.open_workbook(file_contents=book, formatting_info=False).sheet_by_index(0)
    return {"sheets": [sheet.name], "values": sheet.row_values(0)}
