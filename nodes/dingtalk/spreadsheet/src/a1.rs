//! A1 notation: columns by letters, rows by numbers from 1.
//!
//! A [`ColumnSpan`] is what a user gives to say which columns to write:
//!
//! | form | read as |
//! | --- | --- |
//! | `A:C` | columns A to C |
//! | `a:c`, ` A : C ` | the same: letters become capitals, space is dropped |
//! | `A1:C10`, `A5:C`, `A10:C1` | columns A to C: a row part is ignored |
//! | `B`, `B7` | the one column B |
//! | `C:A` | refused: runs backwards |
//! | `Sheet1!A:C` | refused: the sheet is named in SheetId |
//! | `$A:$C` | refused: without the `$` |
//! | `1:10`, `A:C:E`, `A-C`, `A1B` and the like | refused: not columns |
//! | `XFE:XFF` | refused: past XFD (16384), the last column any spreadsheet has |
//!
//! A [`Column`] alone is its letters: `A`, `aa`; `A1`, `1` and `A:B` are refused.
//!
//! A [`CellRange`] is a rectangle with both its rows, as the service names it:
//!
//! | form | read as |
//! | --- | --- |
//! | `A6:C7` | columns A to C, rows 6 to 7 |
//! | `A6` | the one cell |
//! | `$A$6:$C$7` | the same without the `$` |
//! | `Sheet1!A6:C7`, `'Q1 plan'!A6:C7` | the same without the sheet: the service may put it in front |
//! | `A:C`, `A0`, `A7:C6` | refused: no rows, no row 0, runs backwards |
//! | rows past 1048576 | refused: the last row any spreadsheet has |
//!
//! A [`RangeAddress`] is what a user gives to say which cells to read, overwrite or clear. It is sent as the table reads it:
//!
//! | form | read as |
//! | --- | --- |
//! | `A1:C3`, `AA10:AB20` | the rectangle between the two cells |
//! | `A1` | the one cell, `A1:A1`: the form with both corners is the one that every operation documents |
//! | `A:C` | whole columns |
//! | `1:10` | whole rows |
//! | `a1:c3`, ` A1 : C3 `, `$A$1:$C$3`, `A01:C03` | `A1:C3`: letters become capitals, space, `$` and leading zeros are dropped |
//! | `C3:A1`, `A3:C1`, `C1:A3`, `C:A`, `10:1` | refused: runs backwards |
//! | `Sheet1!A1:C3`, `'Q1 plan'!A:C` | refused: the sheet is named in SheetId |
//! | `B`, `7` | refused: an unfinished cell looks the same; whole columns or rows have a colon |
//! | `A5:C`, `A:C10`, `A:3`, `A1:` | refused: only one side has a column, or a row |
//! | empty, `A0`, `A1:C3:E5`, `A1,C3`, `A1-C3`, `A1$`, a name | refused: not a range |
//! | `XFE1`, `A1048577`, `A:ZZZZ` | refused: past XFD1048576, the last cell any spreadsheet can have |

mod address;

use std::{borrow::Cow, fmt, str::FromStr};

use patchbay_node::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use address::{RangeAddress, RowSpan};

/// XFD.
const LAST_COLUMN: u32 = 16_384;
const LAST_ROW: u32 = 1_048_576;

/// Why a text is not in A1 notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say it")]
pub enum A1Error {
    #[error("`{0}` is not a span of columns; write it like `A:C`")]
    NotColumns(String),
    #[error("`{0}` is not a column; write its letters, like `A` or `AA`")]
    NotAColumn(String),
    #[error("`{0}` is not a range of cells; write it like `A1:C10`")]
    NotCells(String),
    #[error("`{0}` is not a range; write it like `A1:C3`, `B2`, `A:C` or `1:10`")]
    NotRange(String),
    #[error("`{range}` must not name the sheet `{sheet}`; give the sheet in SheetId and only the range here")]
    NamesSheet { sheet: String, range: String },
    #[error("`{0}` must be written without `$`")]
    Absolute(String),
    #[error("`{0}` runs backwards; write the first column and row before the last")]
    Backwards(String),
    #[error("`{0}` lies past XFD1048576, the last cell a spreadsheet can have")]
    OutOfBounds(String),
}

/// A column, from A to XFD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column(u32);

impl Column {
    /// A.
    pub const FIRST: Self = Self(1);

    /// How many columns are before it.
    pub fn index(self) -> usize {
        self.0 as usize - 1
    }

    /// The column so many to the right, if there is one.
    pub fn right(self, columns: usize) -> Option<Self> {
        let number = u32::try_from(columns).ok()?.checked_add(self.0)?;
        (number <= LAST_COLUMN).then_some(Self(number))
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Vec::new();
        let mut number = self.0;
        while let Some(rest) = number.checked_sub(1) {
            letters.push(char::from(b'A' + (rest % 26) as u8));
            number = rest / 26;
        }
        letters.iter().rev().try_for_each(|letter| write!(f, "{letter}"))
    }
}

/// A.
impl Default for Column {
    fn default() -> Self {
        Self::FIRST
    }
}

/// Letters in either case, with space around them.
impl FromStr for Column {
    type Err = A1Error;

    fn from_str(text: &str) -> Result<Self, A1Error> {
        let letters = text.trim();
        if letters.is_empty() || !letters.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(A1Error::NotAColumn(text.to_owned()));
        }
        column(letters).ok_or_else(|| A1Error::OutOfBounds(text.to_owned()))
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Column {
    fn schema_name() -> Cow<'static, str> {
        "Column".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["A", "AA"] })
    }
}

/// Neighbouring columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSpan {
    first: Column,
    last: Column,
}

impl ColumnSpan {
    /// From the first to the last, unless it would run backwards.
    pub fn new(first: Column, last: Column) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The first column.
    pub fn first(self) -> Column {
        self.first
    }

    /// The last column.
    pub fn last(self) -> Column {
        self.last
    }

    /// How many columns.
    pub fn width(self) -> usize {
        self.last.index() - self.first.index() + 1
    }
}

impl FromStr for ColumnSpan {
    type Err = A1Error;

    fn from_str(text: &str) -> Result<Self, A1Error> {
        let not_columns = || A1Error::NotColumns(text.to_owned());
        without_sheet(text)?;
        if text.contains('$') {
            return Err(A1Error::Absolute(text.to_owned()));
        }
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let column = |corner: &str| match Corner::parse(corner, text)? {
            Some(Corner { column: Some(column), .. }) => Ok(column),
            _ => Err(not_columns()),
        };
        Self::new(column(first)?, column(last)?).ok_or_else(|| A1Error::Backwards(text.to_owned()))
    }
}

impl fmt::Display for ColumnSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.first, self.last)
    }
}

impl<'de> Deserialize<'de> for ColumnSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for ColumnSpan {
    fn schema_name() -> Cow<'static, str> {
        "ColumnSpan".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["A:C", "A1:C10"] })
    }
}

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellRange {
    columns: ColumnSpan,
    first_row: u32,
    last_row: u32,
}

impl CellRange {
    /// These columns from one row to another, if there are such rows.
    pub fn new(columns: ColumnSpan, first_row: u32, last_row: u32) -> Option<Self> {
        (1 <= first_row && first_row <= last_row && last_row <= LAST_ROW).then_some(Self {
            columns,
            first_row,
            last_row,
        })
    }

    /// The columns.
    pub fn columns(self) -> ColumnSpan {
        self.columns
    }

    /// How many rows.
    pub fn height(self) -> usize {
        (self.last_row - self.first_row) as usize + 1
    }

    /// The same rows of other columns.
    pub fn with_columns(self, columns: ColumnSpan) -> Self {
        Self { columns, ..self }
    }
}

impl FromStr for CellRange {
    type Err = A1Error;

    fn from_str(text: &str) -> Result<Self, A1Error> {
        let not_cells = || A1Error::NotCells(text.to_owned());
        let range = text.rsplit_once('!').map_or(text, |(_, range)| range);
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let cell = |corner: &str| match Corner::parse(corner, text)? {
            Some(Corner { column: Some(column), row: Some(row) }) => Ok((column, row)),
            _ => Err(not_cells()),
        };
        let ((first_column, first_row), (last_column, last_row)) = (cell(first)?, cell(last)?);
        ColumnSpan::new(first_column, last_column)
            .and_then(|columns| Self::new(columns, first_row, last_row))
            .ok_or_else(|| A1Error::Backwards(text.to_owned()))
    }
}

impl fmt::Display for CellRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { columns: ColumnSpan { first, last }, first_row, last_row } = self;
        write!(f, "{first}{first_row}:{last}{last_row}")
    }
}

/// Refuses a text that says which sheet it is in.
fn without_sheet(text: &str) -> Result<(), A1Error> {
    match text.rsplit_once('!') {
        Some((sheet, range)) => Err(A1Error::NamesSheet { sheet: sheet.to_owned(), range: range.to_owned() }),
        None => Ok(()),
    }
}

/// One side of the colon.
struct Corner {
    column: Option<Column>,
    row: Option<u32>,
}

impl Corner {
    /// Nothing when the text is not letters followed by digits, either of which may be missing. A `$` may be before each.
    fn parse(corner: &str, whole: &str) -> Result<Option<Self>, A1Error> {
        let corner = corner.trim();
        let corner = corner.strip_prefix('$').unwrap_or(corner);
        let letters = corner.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (letters, digits) = corner.split_at(letters);
        let digits = match digits.strip_prefix('$') {
            Some(digits) if !letters.is_empty() && !digits.is_empty() => digits,
            _ => digits,
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let out_of_bounds = || A1Error::OutOfBounds(whole.to_owned());
        let column = match letters {
            "" => None,
            letters => Some(column(letters).ok_or_else(out_of_bounds)?),
        };
        let row = match digits {
            "" => None,
            digits => match digits.parse::<u32>() {
                Ok(0) => return Ok(None),
                Ok(row) if row <= LAST_ROW => Some(row),
                _ => return Err(out_of_bounds()),
            },
        };
        Ok(Some(Self { column, row }))
    }
}

fn column(letters: &str) -> Option<Column> {
    let number = letters.bytes().try_fold(0u32, |number, letter| {
        number.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
    })?;
    (number <= LAST_COLUMN).then_some(Column(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Result<String, A1Error> {
        text.parse().map(|span: ColumnSpan| span.to_string())
    }

    fn range(text: &str) -> Result<String, A1Error> {
        text.parse().map(|range: CellRange| range.to_string())
    }

    #[test]
    fn the_accepted_forms_of_a_column_span() {
        for (text, expected) in [
            ("A:C", "A:C"),
            ("a:c", "A:C"),
            (" A : C ", "A:C"),
            ("A1:C10", "A:C"),
            ("A5:C", "A:C"),
            ("A10:C1", "A:C"),
            ("B", "B:B"),
            ("B7", "B:B"),
            ("Z:AA", "Z:AA"),
            ("AZ:XFD", "AZ:XFD"),
        ] {
            assert_eq!(span(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn the_refused_forms_of_a_column_span_say_what_to_do() {
        for (text, expected) in [
            ("C:A", "`C:A` runs backwards; write the first column and row before the last"),
            ("Sheet1!A:C", "`A:C` must not name the sheet `Sheet1`; give the sheet in SheetId and only the range here"),
            ("$A:$C", "`$A:$C` must be written without `$`"),
            ("1:10", "`1:10` is not a span of columns; write it like `A:C`"),
            ("A:C:E", "`A:C:E` is not a span of columns; write it like `A:C`"),
            ("A-C", "`A-C` is not a span of columns; write it like `A:C`"),
            ("A1B", "`A1B` is not a span of columns; write it like `A:C`"),
            ("", "`` is not a span of columns; write it like `A:C`"),
            ("A:", "`A:` is not a span of columns; write it like `A:C`"),
            ("列:C", "`列:C` is not a span of columns; write it like `A:C`"),
            ("XFE:XFF", "`XFE:XFF` lies past XFD1048576, the last cell a spreadsheet can have"),
            ("A:ZZZZZZZZZZ", "`A:ZZZZZZZZZZ` lies past XFD1048576, the last cell a spreadsheet can have"),
        ] {
            assert_eq!(span(text).map_err(|error| error.to_string()), Err(expected.to_owned()));
        }
    }

    #[test]
    fn a_range_of_cells_reads_what_the_service_writes() {
        for (text, expected) in [
            ("A6:C7", "A6:C7"),
            ("A6", "A6:A6"),
            ("Sheet1!A6:C7", "A6:C7"),
            ("'a!b'!A6:C7", "A6:C7"),
            ("a6:c7", "A6:C7"),
            ("$A$6:$C$7", "A6:C7"),
        ] {
            assert_eq!(range(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["A:C", "A0", "A7:C6", "6:7", "", "A1048577", "A99999999999"] {
            assert!(range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_column_is_written_as_it_is_read() {
        for number in 1..=LAST_COLUMN {
            let name = Column(number).to_string();
            assert_eq!(column(&name), Some(Column(number)), "{name}");
        }
        assert_eq!(Column(LAST_COLUMN).to_string(), "XFD");
    }

    #[test]
    fn a_column_is_its_letters_and_nothing_else() {
        let column =
            |text: &str| text.parse::<Column>().map(|column| column.to_string()).map_err(|error| error.to_string());
        for (text, expected) in [("A", "A"), (" aa ", "AA"), ("XFD", "XFD")] {
            assert_eq!(column(text).as_deref(), Ok(expected));
        }
        for text in ["", " ", "1", "A1", "A:B", "$A", "列"] {
            assert_eq!(column(text), Err(format!("`{text}` is not a column; write its letters, like `A` or `AA`")));
        }
        assert_eq!(column("XFE"), Err("`XFE` lies past XFD1048576, the last cell a spreadsheet can have".to_owned()));
    }

    #[test]
    fn width_and_shift_count_columns() {
        let span: ColumnSpan = "B:D".parse().unwrap();
        assert_eq!((span.width(), span.first().index()), (3, 1));
        assert_eq!(Column::FIRST.right(2).map(|column| column.to_string()).as_deref(), Some("C"));
        assert_eq!(Column(LAST_COLUMN).right(1), None);
    }
}
