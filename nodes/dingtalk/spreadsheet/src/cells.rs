//! The cells of a worksheet as they are written.

use std::{borrow::Cow, ops::Deref};

use patchbay_node::{
    Failure, Result, count,
    schemars::{JsonSchema, Schema, SchemaGenerator, json_schema},
};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::a1::{ColumnSpan, RangeAddress};

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

    /// How many cells each row has; rows that are not of one length are refused.
    pub fn width(&self) -> Result<usize> {
        let width = self.first().map_or(0, Vec::len);
        if let Some((index, row)) = self.iter().enumerate().find(|(_, row)| row.len() != width) {
            let problem = format!("row {} has {}, row 1 has {width}", index + 1, count(row.len(), "cell"));
            return Err(
                Failure::invalid_input("Values", problem).hint("Give every row of Values the same number of cells.")
            );
        }
        if width == 0 {
            return Err(
                Failure::invalid_input("Values", "has rows without cells").hint("Give every row at least one cell.")
            );
        }
        Ok(width)
    }

    /// Refuses rows that are not of one length, or do not fill the range exactly. Of whole columns only the width is known,
    /// of whole rows only the height.
    pub fn check_size(&self, range: RangeAddress) -> Result<()> {
        let width = self.width()?;
        let height = self.len();
        if range.height().is_none_or(|rows| rows == height) && range.width().is_none_or(|columns| columns == width) {
            return Ok(());
        }
        let (given, needed) = (size(Some(height), Some(width)), size(range.height(), range.width()));
        let problem = format!("has {given} but RangeAddress {range} has {needed}");
        let hint = match range.resized(height, width) {
            Some(fitting) => format!("Give {needed} in Values, or the RangeAddress {fitting}."),
            None => format!("Give {needed} in Values, or change RangeAddress."),
        };
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

/// `2 rows x 3 columns`, as far as the numbers are known.
fn size(rows: Option<usize>, columns: Option<usize>) -> String {
    let sides = [rows.map(|rows| count(rows, "row")), columns.map(|columns| count(columns, "column"))];
    sides.into_iter().flatten().collect::<Vec<_>>().join(" x ")
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
    use serde_json::json;

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

    fn refusal(values: Value, range: &str) -> Option<(String, String)> {
        let failure = rows(values).check_size(range.parse().unwrap()).err()?;
        Some((failure.message().to_owned(), failure.next_step().to_owned()))
    }

    #[test]
    fn rows_that_do_not_fill_the_range_are_refused_with_what_to_give() {
        let two_by_three = || json!([["a", "b", "c"], ["d", "e", "f"]]);
        for range in ["A1:C2", "C7:E8", "A:C", "1:2"] {
            assert_eq!(refusal(two_by_three(), range), None, "{range}");
        }
        for (range, message, hint) in [
            (
                "A1:C3",
                "Values has 2 rows x 3 columns but RangeAddress A1:C3 has 3 rows x 3 columns",
                "Give 3 rows x 3 columns in Values, or the RangeAddress A1:C2.",
            ),
            (
                "B2",
                "Values has 2 rows x 3 columns but RangeAddress B2:B2 has 1 row x 1 column",
                "Give 1 row x 1 column in Values, or the RangeAddress B2:D3.",
            ),
            (
                "XFD1:XFD2",
                "Values has 2 rows x 3 columns but RangeAddress XFD1:XFD2 has 2 rows x 1 column",
                "Give 2 rows x 1 column in Values, or change RangeAddress.",
            ),
            (
                "A:B",
                "Values has 2 rows x 3 columns but RangeAddress A:B has 2 columns",
                "Give 2 columns in Values, or the RangeAddress A:C.",
            ),
            (
                "4:6",
                "Values has 2 rows x 3 columns but RangeAddress 4:6 has 3 rows",
                "Give 3 rows in Values, or the RangeAddress 4:5.",
            ),
        ] {
            assert_eq!(refusal(two_by_three(), range), Some((message.to_owned(), hint.to_owned())), "{range}");
        }
    }

    #[test]
    fn rows_of_different_lengths_and_rows_without_cells_are_refused_in_any_range() {
        for range in ["A1:B2", "A:B", "1:2"] {
            let (message, _) = refusal(json!([["a", "b"], ["c"]]), range).unwrap();
            assert_eq!(message, "Values row 2 has 1 cell, row 1 has 2", "{range}");
            let (message, _) = refusal(json!([[], []]), range).unwrap();
            assert_eq!(message, "Values has rows without cells", "{range}");
        }
    }
}
