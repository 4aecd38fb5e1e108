"""Worksheets, ranges, rows and columns."""

import re

from operations import Case, operation
from operations.values import integer, table, text


class Place:
    """The worksheet that a case names."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._sheet = (case.inputs["WorkbookId"], case.inputs["SheetId"])

    def call(self, call: str, *path: str, **fields: object):
        """A call on the worksheet, in the operator's name."""
        return self._case.newer.doc(call, *self._sheet, *path, operator_id=self._case.inputs["OperatorId"], **fields)

    def on_range(self, call: str, **fields: object) -> None:
        """A call on the range that the case names, as the user wrote it."""
        self.call(call, self._case.inputs["RangeAddress"], **fields)

    def on_rows(self, call: str, **fields: object) -> None:
        """A call on rows, which the service counts from 0."""
        inputs = self._case.inputs
        self.call(call, row=integer(inputs["Row"]) - 1, row_count=integer(inputs.get("RowCount"), 1), **fields)

    def on_columns(self, call: str, **fields: object) -> None:
        """A call on columns, which the service counts from 0."""
        inputs = self._case.inputs
        columns = integer(inputs.get("ColumnCount"), 1)
        self.call(call, column=integer(inputs["Column"]) - 1, column_count=columns, **fields)


@operation("get-worksheets")
def get_worksheets(case: Case) -> None:
    case.newer.doc("get_all_sheets", case.inputs["WorkbookId"], operator_id=case.inputs["OperatorId"])


@operation("create-worksheet")
def create_worksheet(case: Case) -> None:
    inputs = case.inputs
    case.newer.doc("create_sheet", inputs["WorkbookId"], name=inputs["SheetName"], operator_id=inputs["OperatorId"])


@operation("get-worksheet")
def get_worksheet(case: Case) -> None:
    Place(case).call("get_sheet")


@operation("delete-worksheet")
def delete_worksheet(case: Case) -> None:
    Place(case).call("delete_sheet")


@operation("get-range-data")
def get_range_data(case: Case) -> None:
    Place(case).on_range("get_range")


@operation("update-range-data")
def update_range_data(case: Case) -> None:
    Place(case).on_range("update_range", values=table(case.inputs["Values"]))


@operation("clear-range-content")
def clear_range_content(case: Case) -> None:
    Place(case).on_range("clear")


@operation("clear-range-data")
def clear_range_data(case: Case) -> None:
    Place(case).on_range("clear_data")


@operation("insert-rows-before")
def insert_rows_before(case: Case) -> None:
    Place(case).on_rows("insert_rows_before")


@operation("delete-rows")
def delete_rows(case: Case) -> None:
    Place(case).on_rows("delete_rows")


@operation("set-rows-visibility")
def set_rows_visibility(case: Case) -> None:
    Place(case).on_rows("set_rows_visibility", visibility=case.inputs["Visibility"])


@operation("insert-columns-before")
def insert_columns_before(case: Case) -> None:
    Place(case).on_columns("insert_columns_before")


@operation("delete-columns")
def delete_columns(case: Case) -> None:
    Place(case).on_columns("delete_columns")


@operation("set-columns-visibility")
def set_columns_visibility(case: Case) -> None:
    Place(case).on_columns("set_columns_visibility", visibility=case.inputs["Visibility"])


@operation("insert-rows-before-with-data")
def insert_rows_before_with_data(case: Case) -> None:
    place, rows, row = Place(case), table(case.inputs["Values"]), integer(case.inputs["Row"])
    place.call("insert_rows_before", row=row - 1, row_count=len(rows))
    first = column_number(text(case.inputs.get("StartColumn")) or "A")
    place.call("update_range", cells(first, row, rows), values=rows)


@operation("append-rows")
def append_rows(case: Case) -> None:
    place, rows = Place(case), table(case.inputs["Values"])
    first = column_number(re.match("[A-Za-z]+", case.inputs["RangeAddress"]).group())
    sheet = place.call("get_sheet")
    # The last row counts from 0, a range from 1.
    row = None if sheet.last_non_empty_row is None else int(sheet.last_non_empty_row) + 2
    if row is not None and row + len(rows) - 1 <= int(sheet.row_count):
        place.call("update_range", cells(first, row, rows), values=rows)
    else:
        place.call("append_rows", values=[[""] * (first - 1) + cells_of_row for cells_of_row in rows])


def cells(first_column: int, first_row: int, rows: list[list[str]]) -> str:
    """The range that rows take, in A1 notation."""
    last_column, last_row = first_column + len(rows[0]) - 1, first_row + len(rows) - 1
    return f"{letters(first_column)}{first_row}:{letters(last_column)}{last_row}"


def column_number(column: str) -> int:
    """A column's number, from 1."""
    number = 0
    for letter in column.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def letters(column: int) -> str:
    """The letters of a column, by its number."""
    text = ""
    while column:
        column, letter = divmod(column - 1, 26)
        text = chr(ord("A") + letter) + text
    return text
