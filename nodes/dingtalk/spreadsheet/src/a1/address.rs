use std::{borrow::Cow, fmt, str::FromStr};

use patchbay_node::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{A1Error, CellRange, ColumnSpan, Corner, LAST_ROW, without_sheet};

/// Neighbouring rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowSpan {
    first: u32,
    last: u32,
}

impl RowSpan {
    /// From one row to another, counted from 1, if there are such rows.
    pub fn new(first: u32, last: u32) -> Option<Self> {
        (1 <= first && first <= last && last <= LAST_ROW).then_some(Self { first, last })
    }

    /// How many rows.
    pub fn height(self) -> usize {
        (self.last - self.first) as usize + 1
    }
}

impl fmt::Display for RowSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.first, self.last)
    }
}

/// Cells of a worksheet, as a user says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeAddress {
    /// A rectangle, or one cell.
    Cells(CellRange),
    /// Whole columns.
    Columns(ColumnSpan),
    /// Whole rows.
    Rows(RowSpan),
}

impl RangeAddress {
    /// How many columns, unless that depends on the worksheet.
    pub fn width(self) -> Option<usize> {
        match self {
            Self::Cells(range) => Some(range.columns().width()),
            Self::Columns(columns) => Some(columns.width()),
            Self::Rows(_) => None,
        }
    }

    /// How many rows, unless that depends on the worksheet.
    pub fn height(self) -> Option<usize> {
        match self {
            Self::Cells(range) => Some(range.height()),
            Self::Columns(_) => None,
            Self::Rows(rows) => Some(rows.height()),
        }
    }

    /// The range of the same kind that begins at the same place and has this many rows and columns, as far as its kind has
    /// them; nothing where a worksheet ends before.
    pub fn resized(self, rows: usize, columns: usize) -> Option<Self> {
        let last_row = |first: u32| first.checked_add(u32::try_from(rows.checked_sub(1)?).ok()?);
        let wide = |span: ColumnSpan| ColumnSpan::new(span.first(), span.first().right(columns.checked_sub(1)?)?);
        match self {
            Self::Cells(CellRange { columns, first_row, .. }) => {
                CellRange::new(wide(columns)?, first_row, last_row(first_row)?).map(Self::Cells)
            }
            Self::Columns(columns) => wide(columns).map(Self::Columns),
            Self::Rows(RowSpan { first, .. }) => RowSpan::new(first, last_row(first)?).map(Self::Rows),
        }
    }
}

impl From<CellRange> for RangeAddress {
    fn from(range: CellRange) -> Self {
        Self::Cells(range)
    }
}

impl FromStr for RangeAddress {
    type Err = A1Error;

    fn from_str(text: &str) -> Result<Self, A1Error> {
        without_sheet(text)?;
        let not_range = || A1Error::NotRange(text.to_owned());
        let sides = text.split_once(':');
        // Letters alone are a name or a sentence rather than a column far to the right.
        if sides.is_none() && !text.contains(|letter: char| letter.is_ascii_digit()) {
            return Err(not_range());
        }
        let corner = |side: &str| match Corner::parse(side, text)? {
            Some(Corner { column, row }) => Ok((column, row)),
            None => Err(not_range()),
        };
        let (first, last) = sides.unwrap_or((text, text));
        let range = match (corner(first)?, corner(last)?) {
            ((Some(first_column), Some(first_row)), (Some(last_column), Some(last_row))) => {
                ColumnSpan::new(first_column, last_column)
                    .and_then(|columns| CellRange::new(columns, first_row, last_row))
                    .map(Self::Cells)
            }
            ((Some(first), None), (Some(last), None)) if sides.is_some() => {
                ColumnSpan::new(first, last).map(Self::Columns)
            }
            ((None, Some(first)), (None, Some(last))) if sides.is_some() => RowSpan::new(first, last).map(Self::Rows),
            _ => return Err(not_range()),
        };
        range.ok_or_else(|| A1Error::Backwards(text.to_owned()))
    }
}

impl fmt::Display for RangeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cells(range) => range.fmt(f),
            Self::Columns(columns) => columns.fmt(f),
            Self::Rows(rows) => rows.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for RangeAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for RangeAddress {
    fn schema_name() -> Cow<'static, str> {
        "RangeAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "pattern": "\\S",
            "x-pattern-words": "that is not blank",
            "examples": ["A1:C3", "B2", "A:C", "1:10"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse().map(|range: RangeAddress| range.to_string()).map_err(|error: A1Error| error.to_string())
    }

    #[test]
    fn the_accepted_forms_are_read_into_one() {
        for (text, expected) in [
            ("A1:C3", "A1:C3"),
            ("AA10:AB20", "AA10:AB20"),
            ("A1", "A1:A1"),
            ("D2:D2", "D2:D2"),
            ("A1:ZZ99999", "A1:ZZ99999"),
            ("A:C", "A:C"),
            ("a:a", "A:A"),
            ("1:10", "1:10"),
            ("7:7", "7:7"),
            ("a1:c3", "A1:C3"),
            (" A1 : C3 ", "A1:C3"),
            ("$A$1:$C$3", "A1:C3"),
            ("$A1:C$3", "A1:C3"),
            ("$A:$C", "A:C"),
            ("$1:$10", "1:10"),
            ("A01:C03", "A1:C3"),
            ("XFD1048576", "XFD1048576:XFD1048576"),
            ("1:1048576", "1:1048576"),
            ("A:XFD", "A:XFD"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_runs_backwards_is_refused() {
        for text in ["C3:A1", "A3:C1", "C1:A3", "C:A", "10:1"] {
            let expected = format!("`{text}` runs backwards; write the first column and row before the last");
            assert_eq!(read(text), Err(expected));
        }
    }

    #[test]
    fn what_names_its_sheet_is_refused() {
        for (text, sheet, range) in [("Sheet1!A1:C3", "Sheet1", "A1:C3"), ("'Q1 plan!'!A:C", "'Q1 plan!'", "A:C")] {
            let expected = format!(
                "`{range}` must not name the sheet `{sheet}`; give the sheet in SheetId and only the range here"
            );
            assert_eq!(read(text), Err(expected));
        }
    }

    #[test]
    fn what_is_no_range_or_is_unfinished_is_refused() {
        for text in [
            "",
            " ",
            ":",
            "$",
            "B",
            "7",
            "A5:C",
            "A:C10",
            "A:3",
            "1:C",
            "A1:",
            ":C3",
            "A1:3",
            "A0",
            "A0:C3",
            "0:3",
            "A1:C3:E5",
            "A1,C3",
            "A1-C3",
            "A1;C3",
            "A1$",
            "$$A1",
            "A$$1",
            "1A",
            "A1B",
            "A 1",
            "A1：C3",
            "列1",
            "Ａ1",
            "R1C1",
            "total",
            "total_sales",
            "A+1",
            "A1.5",
        ] {
            let expected = format!("`{text}` is not a range; write it like `A1:C3`, `B2`, `A:C` or `1:10`");
            assert_eq!(read(text), Err(expected));
        }
    }

    #[test]
    fn what_lies_past_the_last_cell_is_refused() {
        for text in ["XFE1", "A1048577", "A1:XFE3", "A:ZZZZ", "1:1048577", "A99999999999", "A:ZZZZZZZZZZ"] {
            let expected = format!("`{text}` lies past XFD1048576, the last cell a spreadsheet can have");
            assert_eq!(read(text), Err(expected));
        }
    }

    #[test]
    fn the_size_is_known_as_far_as_the_worksheet_does_not_decide_it() {
        for (text, height, width) in
            [("B2:D7", Some(6), Some(3)), ("B2", Some(1), Some(1)), ("A:C", None, Some(3)), ("4:6", Some(3), None)]
        {
            let range: RangeAddress = text.parse().unwrap();
            assert_eq!((range.height(), range.width()), (height, width), "{text}");
        }
    }

    #[test]
    fn a_resized_range_begins_where_it_began() {
        let resized = |text: &str, rows, columns| {
            let range: RangeAddress = text.parse().unwrap();
            range.resized(rows, columns).map(|range| range.to_string())
        };
        for (text, expected) in [("B2:D7", "B2:C4"), ("A:C", "A:B"), ("4:9", "4:6")] {
            assert_eq!(resized(text, 3, 2).as_deref(), Some(expected));
        }
        for (text, rows, columns) in [("XFD1", 1, 2), ("A1048576", 2, 1), ("A1", 0, 0), ("XFD:XFD", 1, 2)] {
            assert_eq!(resized(text, rows, columns), None);
        }
    }
}
