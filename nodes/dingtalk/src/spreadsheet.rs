//! One worksheet of a spreadsheet: its properties, its rows.

pub mod lines;

use std::{borrow::Cow, ops::Deref};

use patchbay_node::{
    Answer, Failure, Result, answer,
    schemars::{JsonSchema, Schema, SchemaGenerator, json_schema},
};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value, json};

use crate::{
    Call,
    a1::{CellRange, ColumnSpan},
    count,
    errors::{Code, busy, failed, not_found, parameter, permission},
    ids::{OperatorId, SheetId, WorkbookId},
    newer,
};

/// What the operations on spreadsheets say about codes.
pub const CODES: &[Code] = &[
    parameter("invalidRequest.inputArgs.operatorIdIllegal", "OperatorId is not valid.").suspect_operator(),
    parameter(
        "invalidRequest.inputArgs.workbookIdIllegal",
        "WorkbookId must be the node id of a spreadsheet: the last part of its URL, or from Get Node List.",
    ),
    parameter("invalidRequest.inputArgs.*", "Correct the input that the message names.").suspect_operator(),
    parameter(
        "invalidRequest.resource.notWorkbook",
        "WorkbookId must be a DingTalk spreadsheet (extension axls), not a text document, an AI table or an uploaded xlsx.",
    ),
    busy(
        "invalidRequest.document.stillInitializing",
        "The spreadsheet is still being set up and nothing was done: wait a moment and run again.",
    ),
    permission(
        "forbidden.accessDenied",
        "Give the operator the right to this document or its knowledge base, or use another OperatorId.",
    )
    .suspect_operator(),
    permission("forbidden.acrossOrg", "Use a document of the credential's own organisation."),
    permission(
        "forbidden.operationIllegal",
        "The cells are locked, or belong to a pivot table or a to-do: unlock them or choose others.",
    ),
    permission(
        "forbidden.document.sizeOverLimit",
        "The spreadsheet is too large for DingTalk to open: shrink or split it.",
    ),
    permission("forbidden.user.notInOrg", "Use an OperatorId of the credential's organisation.").suspect_operator(),
    not_found(
        "invalidRequest.resource.notFound",
        "Check WorkbookId, SheetId (Get Worksheets gives it) and that the range lies inside the worksheet.",
    )
    .suspect_operator(),
    failed("operationTimeout", "Wait a moment and run again."),
];

/// A worksheet, as one person sees it.
#[derive(Clone, Copy, Debug)]
pub struct Worksheet<'a> {
    /// The spreadsheet it is in.
    pub workbook: &'a WorkbookId,
    /// Which of its worksheets.
    pub sheet: &'a SheetId,
    /// In whose name it is read and written.
    pub operator: &'a OperatorId,
}

impl Worksheet<'_> {
    /// Reads its properties.
    pub fn properties(&self) -> Result<Answer<SheetProperties>> {
        Ok(self.call(newer::get, []).send()?.into())
    }

    /// Writes the rows into the range, which must lie inside the grid. The same call again leaves the same.
    pub fn write(&self, range: CellRange, rows: &Rows) -> Result<Map<String, Value>> {
        self.call(newer::put, ["ranges", &range.to_string()]).json(json!({ "values": rows })).send()
    }

    /// Adds the rows below the last one that has data, from column A on; the service finds the place and extends the grid.
    pub fn append(&self, rows: &Rows) -> Result<Map<String, Value>> {
        self.call(newer::post, ["appendRows"]).json(json!({ "values": rows })).send()
    }

    fn call<const N: usize>(&self, method: fn(&str) -> Call, path: [&str; N]) -> Call {
        let sheet = method("/v1.0/doc/workbooks").segment(self.workbook).segment("sheets").segment(self.sheet);
        path.into_iter().fold(sheet, Call::segment).operator(self.operator).codes(CODES)
    }
}

/// What DingTalk says of a worksheet.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct SheetProperties {
    /// Id of the worksheet.
    id: String,
    /// Name on its tab.
    name: String,
    /// `visible` or `hidden`.
    visibility: String,
    /// The last row that has data, counted from 0; -1 when there is none.
    last_non_empty_row: i64,
    /// The last column that has data, counted from 0; -1 when there is none.
    last_non_empty_column: i64,
    /// Rows of the grid, with data or without.
    row_count: i64,
    /// Columns of the grid, with data or without.
    column_count: i64,
}

/// Rows of cells, at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(crate = "patchbay_node::schemars")]
pub struct Rows(#[schemars(length(min = 1))] Vec<Vec<Cell>>);

impl Rows {
    /// Refuses rows that do not have a cell for each of the columns.
    pub fn check_width(&self, columns: ColumnSpan) -> Result<()> {
        let width = columns.width();
        let Some((index, row)) = self.iter().enumerate().find(|(_, row)| row.len() != width) else { return Ok(()) };
        let problem = format!("row {} has {}, expected {width}", index + 1, count(row.len(), "cell"));
        let (there, needed) = (count(width, "column"), count(width, "cell"));
        let hint = format!("RangeAddress {columns} has {there}; give {needed} in every row of Values.");
        Err(Failure::invalid_input("Values", problem).hint(hint))
    }

    /// The rows with so many blank cells in front of each.
    pub fn indented(mut self, cells: usize) -> Self {
        for row in &mut self.0 {
            row.splice(0..0, std::iter::repeat_n(Cell::default(), cells));
        }
        self
    }
}

impl Deref for Rows {
    type Target = [Vec<Cell>];

    fn deref(&self) -> &[Vec<Cell>] {
        &self.0
    }
}

/// A cell as it is sent: text. A number is its decimal text, a boolean `true` or `false`, null a blank cell; DingTalk makes
/// numbers and formulas of them itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Cell(String);

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Null => Ok(Self::default()),
            Value::Bool(value) => Ok(Self(value.to_string())),
            Value::Number(number) => Ok(Self(decimal(&number.to_string()))),
            Value::Array(_) | Value::Object(_) => {
                Err(de::Error::custom("a cell must be text, a number, a boolean or null"))
            }
        }
    }
}

/// A number's JSON text without an exponent: `1e21` is 1000000000000000000000.
fn decimal(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return text.to_owned() };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let point = whole.len() as i32 + exponent.parse::<i32>().unwrap_or_default();
    match usize::try_from(point) {
        Ok(point @ 1..) => match digits.split_at_checked(point) {
            Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
            _ => format!("{sign}{digits:0<point$}"),
        },
        _ => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
    }
}

impl JsonSchema for Cell {
    fn schema_name() -> Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean", "null"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(value: Value) -> Rows {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn cells_are_sent_as_text() {
        let rows = rows(json!([
            ["a", "", null],
            [5200, 1.5, -3],
            [1e21, 2.0, 1e-7],
            [true, false, 12_345_678_901_234_567_890_u64]
        ]));
        assert_eq!(
            serde_json::to_value(rows).unwrap(),
            json!([
                ["a", "", ""],
                ["5200", "1.5", "-3"],
                ["1000000000000000000000", "2.0", "0.0000001"],
                ["true", "false", "12345678901234567890"]
            ])
        );
    }

    #[test]
    fn a_number_is_written_in_full() {
        for (text, expected) in [
            ("5200", "5200"),
            ("-1.5", "-1.5"),
            ("1e3", "1000"),
            ("-1.25e+1", "-12.5"),
            ("1.5e-7", "0.00000015"),
            ("12e-1", "1.2"),
            ("1.0e21", "1000000000000000000000"),
        ] {
            assert_eq!(decimal(text), expected);
        }
    }

    #[test]
    fn a_cell_is_not_an_array_or_an_object() {
        for value in [json!([[["nested"]]]), json!([[{ "a": 1 }]])] {
            assert!(serde_json::from_value::<Rows>(value).is_err());
        }
    }

    #[test]
    fn a_row_of_another_width_is_refused_with_what_to_give() {
        let columns = |text: &str| text.parse::<ColumnSpan>().unwrap();
        let failure = rows(json!([["a", "b", "c"], ["a", "b"]])).check_width(columns("A:C")).unwrap_err();
        assert_eq!(failure.message(), "Values row 2 has 2 cells, expected 3");
        assert_eq!(failure.next_step(), "RangeAddress A:C has 3 columns; give 3 cells in every row of Values.");
        assert!(rows(json!([["a"]])).check_width(columns("B")).is_ok());
    }

    #[test]
    fn indented_rows_begin_with_blank_cells() {
        assert_eq!(
            serde_json::to_value(rows(json!([["x"], ["y"]])).indented(2)).unwrap(),
            json!([["", "", "x"], ["", "", "y"]])
        );
    }
}
