"""Worksheets, ranges, rows and columns."""

from itertools import count
from typing import Any
from urllib.parse import quote

from alibabacloud_dingtalk.doc_1_0.models import UpdateRangeRequestHyperlinks

from checks import Tenant, check, equal, members

NUMBERS = count(1)
EVERY_FIELD = (
    "values,formulas,displayValues,backgroundColors,fontSizes,fontWeights,horizontalAlignments,verticalAlignments,"
    "hyperlinks"
)


class Sheet:
    """A worksheet of its own, made for a check."""

    def __init__(self, tenant: Tenant, rows: list[list[str]] | None = None) -> None:
        self._tenant = tenant
        self.title = f"核对{next(NUMBERS)}"
        operator = tenant.manager["union_id"]
        self.made = tenant.newer.doc("create_sheet", tenant.workbook, name=self.title, operator_id=operator)
        self.id = self.made.id
        if rows:
            self.call("append_rows", values=rows)

    def call(self, call: str, *path: str, **fields: Any) -> Any:
        """A call on it, in the manager's name."""
        operator, place = self._tenant.manager["union_id"], (self._tenant.workbook, self.id)
        return self._tenant.newer.doc(call, *place, *path, operator_id=operator, **fields)

    def values(self, address: str) -> list[list[str]]:
        """What is in a range."""
        return self.call("get_range", address).values


@check
def the_sheets_of_a_workbook_are_listed(tenant: Tenant) -> None:
    operator = tenant.manager["union_id"]
    for workbook, sheets in tenant.workbooks.items():
        listed = tenant.newer.doc("get_all_sheets", workbook, operator_id=operator).value
        equal([(sheet.id, sheet.name) for sheet in listed], [(sheet["id"], sheet["title"]) for sheet in sheets])


@check
def a_sheet_tells_its_size_and_how_far_it_is_filled(tenant: Tenant) -> None:
    operator = tenant.manager["union_id"]
    for workbook, sheets in tenant.workbooks.items():
        for sheet in sheets:
            # The SDK does not encode what it puts into a path; a caller who does reaches any title.
            for name in (sheet["id"], quote(sheet["title"], safe="")):
                found = tenant.newer.doc("get_sheet", workbook, name, operator_id=operator)
                expected = {
                    "id": sheet["id"],
                    "name": sheet["title"],
                    "visibility": "visible" if sheet["visible"] else "hidden",
                    "row_count": sheet["row_count"],
                    "column_count": sheet["column_count"],
                    "last_non_empty_row": len(sheet["cells"]) - 1,
                    "last_non_empty_column": max(map(len, sheet["cells"]), default=0) - 1,
                }
                equal(members(found), expected)


@check
def a_range_gives_the_cells_that_are_held(tenant: Tenant) -> None:
    operator = tenant.manager["union_id"]
    for workbook, sheets in tenant.workbooks.items():
        for sheet in sheets:
            cells = sheet["cells"]
            address = f"A1:{chr(ord('A') + len(cells[0]) - 1)}{len(cells)}"
            found = tenant.newer.doc("get_range", workbook, sheet["id"], address, operator_id=operator)
            for held, value, formula in zip(flat(cells), flat(found.values), flat(found.formulas), strict=True):
                if held.startswith("="):
                    equal(formula, held)
                    assert value and value != held, f"{held} reads {value!r}"
                else:
                    equal((value, formula), (held, ""))


@check
def a_new_sheet_is_empty_and_a_deleted_one_is_gone(tenant: Tenant) -> None:
    sheet = Sheet(tenant)
    equal(members(sheet.made), {"id": sheet.id, "name": sheet.title, "visibility": "visible"})
    found = sheet.call("get_sheet")
    equal((found.last_non_empty_row, found.last_non_empty_column), (-1, -1))
    equal(sheet.call("delete_sheet").success, True)
    listed = tenant.newer.doc("get_all_sheets", tenant.workbook, operator_id=tenant.manager["union_id"]).value
    assert sheet.id not in [other.id for other in listed]


@check
def what_is_written_into_a_range_is_read_from_it(tenant: Tenant) -> None:
    sheet = Sheet(tenant)
    link = UpdateRangeRequestHyperlinks(type="path", link="https://www.example.com", text="官网")
    written = sheet.call(
        "update_range",
        "B2:C3",
        values=[["95", "=B2*2"], ["官网", ""]],
        background_colors=[["#ff8800", "#ffffff"], ["#000000", "#d9e1f2"]],
        font_colors=[["#000000", "#000000"], ["#000000", "#000000"]],
        font_sizes=[[12, 14], [16, 18]],
        font_weights=[["bold", "normal"], ["normal", "bold"]],
        horizontal_alignments=[["left", "center"], ["right", "general"]],
        vertical_alignments=[["top", "middle"], ["bottom", "middle"]],
        hyperlinks=[[None, None], [link, None]],
        number_format="0.00",
        word_wrap="autoWrap",
    )
    equal(written.a_1notation, "B2:C3")
    found = sheet.call("get_range", "B2:C3", select=EVERY_FIELD)
    equal(found.values, [["95", "190"], ["官网", ""]])
    equal(found.formulas, [["", "=B2*2"], ["", ""]])
    equal(found.display_values, [["95.00", "190.00"], ["官网", ""]])
    equal([color.hex_string for color in flat(found.background_colors)], ["#ff8800", "#ffffff", "#000000", "#d9e1f2"])
    first = found.background_colors[0][0]
    equal((first.red, first.green, first.blue), (255, 136, 0))
    equal(found.font_sizes, [[12, 14], [16, 18]])
    equal(found.font_weights, [["bold", "normal"], ["normal", "bold"]])
    equal(found.horizontal_alignments, [["left", "center"], ["right", "general"]])
    equal(found.vertical_alignments, [["top", "middle"], ["bottom", "middle"]])
    equal([members(link) for link in flat(found.hyperlinks)], [{}, {}, vars(link), {}])


@check
def only_what_is_selected_is_read(tenant: Tenant) -> None:
    sheet = Sheet(tenant, [["a", "b"]])
    found = sheet.call("get_range", "A1:B1", select="values,fontSizes")
    filled = {name for name, value in members(found).items() if value != []}
    equal(filled, {"values", "font_sizes"})


@check
def clearing_data_keeps_formats_and_clearing_all_does_not(tenant: Tenant) -> None:
    sheet = Sheet(tenant)
    sheet.call("update_range", "A1:B1", values=[["a", "b"]], font_sizes=[[20, 20]])
    equal(sheet.call("clear_data", "A1:A1").a_1notation, "A1")
    found = sheet.call("get_range", "A1:B1")
    equal((found.values, found.font_sizes), ([["", "b"]], [[20, 20]]))
    equal(sheet.call("clear", "A1:B1").a_1notation, "A1:B1")
    found = sheet.call("get_range", "A1:B1")
    equal((found.values, found.font_sizes), ([["", ""]], [[14, 14]]))


@check
def rows_are_appended_inserted_and_deleted(tenant: Tenant) -> None:
    sheet = Sheet(tenant, [["1"], ["2"], ["3"]])
    size = sheet.call("get_sheet").row_count
    equal(sheet.call("append_rows", values=[["4", "vier"]]).a_1notation, "A4:B4")
    equal(sheet.call("insert_rows_before", row=1, row_count=2).id, sheet.id)
    equal(sheet.values("A1:B6"), [["1", ""], ["", ""], ["", ""], ["2", ""], ["3", ""], ["4", "vier"]])
    equal(sheet.call("get_sheet").row_count, size + 2)
    equal(sheet.call("delete_rows", row=0, row_count=3).id, sheet.id)
    equal(sheet.values("A1:B3"), [["2", ""], ["3", ""], ["4", "vier"]])
    equal(sheet.call("get_sheet").row_count, size - 1)


@check
def columns_are_inserted_and_deleted(tenant: Tenant) -> None:
    sheet = Sheet(tenant, [["1", "2", "3"]])
    size = sheet.call("get_sheet").column_count
    equal(sheet.call("insert_columns_before", column=1, column_count=2).id, sheet.id)
    equal(sheet.values("A1:E1"), [["1", "", "", "2", "3"]])
    equal(sheet.call("delete_columns", column=0, column_count=2).id, sheet.id)
    equal(sheet.values("A1:C1"), [["", "2", "3"]])
    equal(sheet.call("get_sheet").column_count, size)


@check
def rows_and_columns_are_hidden_and_shown(tenant: Tenant) -> None:
    sheet = Sheet(tenant, [["1", "2"], ["3", "4"]])
    equal(sheet.call("set_rows_visibility", row=1, row_count=3, visibility="hidden").id, sheet.id)
    equal(sheet.call("set_rows_visibility", row=2, row_count=1, visibility="visible").id, sheet.id)
    equal(sheet.call("set_columns_visibility", column=0, column_count=2, visibility="hidden").id, sheet.id)
    equal(sheet.call("set_columns_visibility", column=0, column_count=1, visibility="visible").id, sheet.id)
    # No call reads this back: what is hidden in the end is looked up in the tenant itself.
    tenant.facts["hidden"] = {"sheet": sheet.id, "rows": [1, 3], "columns": [1]}


def flat(rows: list[list[Any]]) -> list[Any]:
    """The cells, row by row."""
    return [cell for row in rows for cell in row]
