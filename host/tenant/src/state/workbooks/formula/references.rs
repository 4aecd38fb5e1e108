//! How references follow inserted and deleted rows and columns.

use std::fmt;

use super::token::{Piece, Reference, Token, tokens};
use crate::a1::CellAddress;
use crate::state::workbooks::worksheet::Axis;

/// What is left of a reference to a deleted cell.
const LOST: &str = "#REF!";

/// Rows or columns that were inserted or deleted.
#[derive(Clone, Copy, Debug)]
pub(in crate::state::workbooks) enum Shift {
    Inserted { axis: Axis, at: usize, count: usize },
    Deleted { axis: Axis, at: usize, count: usize },
}

/// The formula as it reads after `shift`.
pub(in crate::state::workbooks) fn follow(formula: &str, shift: Shift) -> String {
    let tokens = tokens(formula);
    let mut followed = String::with_capacity(formula.len());
    let mut copied = 0;
    let mut rest = tokens.as_slice();
    let mut elsewhere = false;
    while let [first, after @ ..] = rest {
        let mut end = &first.at;
        rest = after;
        let moved = match (&first.piece, after) {
            // What follows an exclamation mark belongs to another sheet.
            (Piece::Cell(_), _) if elsewhere => None,
            (
                Piece::Cell(start),
                [Token { piece: Piece::Sign(':'), .. }, Token { piece: Piece::Cell(last), at }, after @ ..],
            ) => {
                end = at;
                rest = after;
                Some(shift.range(*start, *last).map(|(start, last)| format!("{start}:{last}")))
            }
            (Piece::Cell(cell), _) => Some(shift.cell(*cell).map(|cell| cell.to_string())),
            _ => None,
        };
        if let Some(moved) = moved {
            followed.push_str(formula.get(copied..first.at.start).unwrap_or_default());
            followed.push_str(moved.as_deref().unwrap_or(LOST));
            copied = end.end;
        }
        elsewhere = match first.piece {
            Piece::Sign('!') => true,
            Piece::Cell(_) | Piece::Sign(':') => elsewhere,
            _ => false,
        };
    }
    followed.push_str(formula.get(copied..).unwrap_or_default());
    followed
}

impl Shift {
    fn cell(self, reference: Reference) -> Option<Reference> {
        let (axis, position) = self.position_of(reference);
        let position = match self {
            Self::Inserted { at, count, .. } if position >= at => position + count,
            Self::Deleted { at, count, .. } if position >= at + count => position - count,
            Self::Deleted { at, .. } if position >= at => return None,
            _ => position,
        };
        Some(reference.moved(axis, position))
    }

    /// The ends of a range: one that is deleted goes to the next line inside that stays.
    fn range(self, start: Reference, last: Reference) -> Option<(Reference, Reference)> {
        let Self::Deleted { at, count, .. } = self else {
            return Some((self.cell(start)?, self.cell(last)?));
        };
        let (axis, first_position) = self.position_of(start);
        let (_, last_position) = self.position_of(last);
        let deleted = at..at + count;
        let start_stays = if deleted.contains(&first_position) { deleted.end } else { first_position };
        let last_stays = if deleted.contains(&last_position) { at.checked_sub(1)? } else { last_position };
        if start_stays > last_stays {
            return None;
        }
        let start = self.cell(start.moved(axis, start_stays))?;
        Some((start, self.cell(last.moved(axis, last_stays))?))
    }

    fn position_of(self, reference: Reference) -> (Axis, usize) {
        let (Self::Inserted { axis, .. } | Self::Deleted { axis, .. }) = self;
        let position = match axis {
            Axis::Rows => reference.cell.row,
            Axis::Columns => reference.cell.column,
        };
        (axis, position)
    }
}

impl Reference {
    fn moved(self, axis: Axis, position: usize) -> Self {
        let cell = match axis {
            Axis::Rows => CellAddress { row: position, ..self.cell },
            Axis::Columns => CellAddress { column: position, ..self.cell },
        };
        Self { cell, ..self }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollar = |fixed| if fixed { "$" } else { "" };
        let (column, row) = (dollar(self.fixed_column), dollar(self.fixed_row));
        write!(formatter, "{column}{}{row}{}", self.cell.column_letters(), self.cell.row + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_move_down_with_the_rows_they_name() {
        let shift = Shift::Inserted { axis: Axis::Rows, at: 2, count: 2 };
        assert_eq!(follow("=B2*2+B3", shift), "=B2*2+B5");
        assert_eq!(follow("=SUM(A1:A9) & \"B3\"", shift), "=SUM(A1:A11) & \"B3\"");
        assert_eq!(follow("=$B$3 + 表2!B3 + LOG10(B3)", shift), "=$B$5 + 表2!B3 + LOG10(B5)");
        assert_eq!(follow("=SUM(表2!A3:A9)+A3", shift), "=SUM(表2!A3:A9)+A5");
    }

    #[test]
    fn references_to_deleted_cells_are_lost_and_ranges_shrink() {
        let shift = Shift::Deleted { axis: Axis::Columns, at: 1, count: 2 };
        assert_eq!(follow("=A1+B1+D1", shift), "=A1+#REF!+B1");
        assert_eq!(follow("=SUM(A1:D1)", shift), "=SUM(A1:B1)");
        assert_eq!(follow("=SUM(B1:D1)", shift), "=SUM(B1:B1)");
        assert_eq!(follow("=SUM(A1:C1)", shift), "=SUM(A1:A1)");
        assert_eq!(follow("=SUM(B1:C1)", shift), "=SUM(#REF!)");
    }
}
