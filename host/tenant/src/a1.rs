//! Range addresses in A1 notation.
//!
//! | taken | means |
//! | --- | --- |
//! | `B2` | one cell |
//! | `A1:C3` | a rectangle |
//! | `A:C` | whole columns |
//! | `1:3` | whole rows |
//!
//! | refused | why |
//! | --- | --- |
//! | `` (empty), `A`, `1` | a column or row alone needs its `:` |
//! | `a1`, `$A$1` | only upper-case letters and digits are documented |
//! | `A0` | rows count from 1 |
//! | `C3:A1`, `C:A` | the end comes before the start |
//! | `A1:C`, `A:3` | both ends have the same form |
//! | `Sheet1!A1` | the sheet stands in the path |
//! | `ABCD1`, `A12345678` | larger than any sheet |

use std::fmt;
use std::str::FromStr;

const MOST_LETTERS: usize = 3;
const MOST_DIGITS: usize = 7;

/// How many columns have an address: up to `ZZZ`.
pub(crate) const MOST_COLUMNS: usize = 18_278;

/// A range as it was written, not yet tied to a grid. Positions are 0-based, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RangeAddress {
    rows: Option<(usize, usize)>,
    columns: Option<(usize, usize)>,
}

/// A rectangle of cells, 0-based. It has at least one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) first_row: usize,
    pub(crate) first_column: usize,
    pub(crate) row_count: usize,
    pub(crate) column_count: usize,
}

impl Area {
    pub(crate) fn cell_count(self) -> usize {
        self.row_count.saturating_mul(self.column_count)
    }
}

/// A single cell, 0-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CellAddress {
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl CellAddress {
    pub(crate) fn column_letters(self) -> String {
        column_letters(self.column)
    }
}

impl FromStr for CellAddress {
    type Err = MalformedRange;

    fn from_str(text: &str) -> Result<Self, MalformedRange> {
        let Corner { row, column } = Corner::parse(text)?;
        Ok(Self { row: row.ok_or(MalformedRange)?, column: column.ok_or(MalformedRange)? })
    }
}

/// The text is not a range address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a range address such as A1, A1:C3, A:C or 1:3")]
pub(crate) struct MalformedRange;

impl RangeAddress {
    /// The cells it means in a grid of this size, or nothing when it reaches outside.
    pub(crate) fn within(self, row_count: usize, column_count: usize) -> Option<Area> {
        let (first_row, last_row) = self.rows.unwrap_or((0, row_count.checked_sub(1)?));
        let (first_column, last_column) = self.columns.unwrap_or((0, column_count.checked_sub(1)?));
        (last_row < row_count && last_column < column_count).then_some(Area {
            first_row,
            first_column,
            row_count: last_row - first_row + 1,
            column_count: last_column - first_column + 1,
        })
    }
}

impl FromStr for RangeAddress {
    type Err = MalformedRange;

    fn from_str(text: &str) -> Result<Self, MalformedRange> {
        let (start, end) = match text.split_once(':') {
            Some((start, end)) => (Corner::parse(start)?, Corner::parse(end)?),
            None => {
                let corner = Corner::parse(text)?;
                if corner.row.is_none() || corner.column.is_none() {
                    return Err(MalformedRange);
                }
                (corner, corner)
            }
        };
        Ok(Self { rows: span(start.row, end.row)?, columns: span(start.column, end.column)? })
    }
}

impl fmt::Display for Area {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = |row: usize, column: usize| format!("{}{}", column_letters(column), row + 1);
        let last_row = self.first_row + self.row_count - 1;
        let last_column = self.first_column + self.column_count - 1;
        write!(formatter, "{}", cell(self.first_row, self.first_column))?;
        if self.row_count > 1 || self.column_count > 1 {
            write!(formatter, ":{}", cell(last_row, last_column))?;
        }
        Ok(())
    }
}

/// One end of a range: a cell, a column or a row.
#[derive(Clone, Copy)]
struct Corner {
    row: Option<usize>,
    column: Option<usize>,
}

impl Corner {
    fn parse(text: &str) -> Result<Self, MalformedRange> {
        let end_of_letters = text.find(|letter: char| !letter.is_ascii_uppercase()).unwrap_or(text.len());
        let (letters, digits) = text.split_at(end_of_letters);
        let well_formed = !text.is_empty()
            && letters.len() <= MOST_LETTERS
            && digits.len() <= MOST_DIGITS
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if !well_formed {
            return Err(MalformedRange);
        }
        let column = letters.bytes().fold(0, |column, letter| column * 26 + usize::from(letter - b'A') + 1);
        let row = digits.bytes().fold(0, |row, digit| row * 10 + usize::from(digit - b'0'));
        Ok(Self { row: row.checked_sub(1), column: column.checked_sub(1) })
    }
}

/// The span between two ends that are both given, or both left open.
fn span(start: Option<usize>, end: Option<usize>) -> Result<Option<(usize, usize)>, MalformedRange> {
    match (start, end) {
        (None, None) => Ok(None),
        (Some(start), Some(end)) if start <= end => Ok(Some((start, end))),
        _ => Err(MalformedRange),
    }
}

fn column_letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(text: &str) -> Option<String> {
        let range: RangeAddress = text.parse().ok()?;
        range.within(200, 30).map(|area| area.to_string())
    }

    #[test]
    fn every_documented_form_names_its_cells() {
        assert_eq!(area("B2").as_deref(), Some("B2"));
        assert_eq!(area("A1:C3").as_deref(), Some("A1:C3"));
        assert_eq!(area("A:C").as_deref(), Some("A1:C200"));
        assert_eq!(area("1:3").as_deref(), Some("A1:AD3"));
        assert_eq!(area("Z9:AA10").as_deref(), Some("Z9:AA10"));
    }

    #[test]
    fn every_other_form_is_refused() {
        for text in [
            "",
            ":",
            "A",
            "1",
            "a1",
            "$A$1",
            "A0",
            "A01",
            "C3:A1",
            "C:A",
            "A1:C",
            "A:3",
            "A1:",
            "A1:B2:C3",
            "Sheet1!A1",
            "A1 ",
            "ABCD1",
            "A12345678",
            "é1",
        ] {
            assert_eq!(text.parse::<RangeAddress>(), Err(MalformedRange), "{text:?}");
        }
    }

    #[test]
    fn a_range_that_leaves_the_grid_has_no_cells() {
        assert_eq!(area("A201"), None);
        assert_eq!(area("A200:A201"), None);
        assert_eq!(area("AE1"), None);
    }
}
