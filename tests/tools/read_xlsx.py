"""Prints the rows of a workbook's only sheet as JSON, each cell with its type and its link."""

import json
import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[1])
[sheet] = book.worksheets
rows = [
    [[cell.value, cell.data_type, cell.hyperlink is not None] for cell in row]
    for row in sheet.iter_rows()
]
json.dump(rows, sys.stdout)
