//! Filling rows that were inserted: they are there, so a failure must not have them inserted again.

use patchbay_node::{Failure, FailureKind, Result, count, log};

use crate::{
    a1::{CellRange, Column, ColumnSpan},
    cells::Rows,
    lines::{Lines, Position},
    sheet::{InSheet, WrittenRange},
};

/// The cells that rows get which are inserted before a row.
pub fn range(row: Position, start: Column, values: &Rows) -> Result<CellRange> {
    let width = values.width()?;
    let columns = start.right(width - 1).and_then(|last| ColumnSpan::new(start, last)).ok_or_else(|| {
        let problem = format!("has {} in a row, which from column {start} on reach past XFD", count(width, "cell"));
        Failure::invalid_input("Values", problem)
            .hint("XFD is the last column that a spreadsheet can have: give fewer cells, or another StartColumn.")
    })?;
    let last = row.number().saturating_add(values.len() as i64 - 1);
    let rows = u32::try_from(row.number()).ok().zip(u32::try_from(last).ok());
    rows.and_then(|(first, last)| CellRange::new(columns, first, last)).ok_or_else(|| {
        Failure::invalid_input("Row", format!("is {row}, which leaves no room for {}", count(values.len(), "row")))
            .hint("1048576 is the last row that a spreadsheet can have: give a smaller Row.")
    })
}

/// Rows that were inserted and not filled.
pub struct Unwritten {
    failure: Failure,
    /// Whether they may hold the values all the same.
    outcome_unknown: bool,
}

/// Writes the cells, and once more where that failed on the way or had no connection: the same cells twice do no harm,
/// and leaving the rows blank does. Not more often, nor where DingTalk asks to wait: a node has no clock to wait by.
pub fn fill(sheet: &InSheet, range: CellRange, values: &Rows) -> Result<WrittenRange, Unwritten> {
    let failure = match sheet.write(range, values).send() {
        Ok(answer) => return Ok(answer),
        Err(failure) => failure,
    };
    let outcome_unknown = failure.outcome_unknown();
    let had_no_connection = failure.kind() == FailureKind::Network && failure.is_retryable();
    if failure.is_unproven() || !(outcome_unknown || had_no_connection) {
        return Err(Unwritten { failure, outcome_unknown });
    }
    log::warn(format_args!("writing {range} failed, trying once more: {failure}"));
    sheet.write(range, values).send().map_err(|failure| {
        let outcome_unknown = outcome_unknown || failure.outcome_unknown();
        Unwritten { failure, outcome_unknown }
    })
}

impl Unwritten {
    /// What is told of it: the rows are there, so another run would insert more of them.
    pub fn after_inserting(self, rows: Lines, range: CellRange) -> Failure {
        let Self { failure, outcome_unknown } = self;
        let hint = if outcome_unknown {
            format!(
                "What was inserted ({rows}) may or may not hold the values: use Update Range Data on {range} with the \
                 same Values. Do not run this again, it would insert more rows."
            )
        } else {
            let cause = match failure.kind() {
                // A cause that passes has a hint to run again, which is wrong here.
                _ if failure.is_retryable() => "Wait a few minutes.".to_owned(),
                // The ids and the operator were good enough to insert.
                FailureKind::NotFound | FailureKind::InvalidParameter => format!(
                    "Check that the worksheet reaches as far as column {}: Get Worksheet tells columnCount.",
                    range.columns().last()
                ),
                _ => failure.next_step().to_owned(),
            };
            let (row, count) = (rows.first(), rows.count());
            format!(
                "What was inserted ({rows}) is still blank. {cause} Then use Update Range Data on {range}, or Delete Rows \
                 with Row {row} and RowCount {count} to take it back. Do not run this again, it would insert more rows."
            )
        };
        Failure::new(failure.kind(), format!("the rows were inserted, writing into them failed: {failure}"))
            .hint(hint)
            .output("InsertedRows", rows.count())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::lines::LineCount;

    fn place(row: i64, start: &str, values: Value) -> Result<String, String> {
        let row = serde_json::from_value(json!(row)).unwrap();
        let values = serde_json::from_value(values).unwrap();
        range(row, start.parse().unwrap(), &values)
            .map(|range| range.to_string())
            .map_err(|failure| failure.message().to_owned())
    }

    #[test]
    fn the_cells_begin_at_the_row_and_the_start_column() {
        for (row, start, values, expected) in [
            (3, "A", json!([["a", "b", "c"], ["d", "e", "f"]]), "A3:C4"),
            (1, "Z", json!([["a", "b"]]), "Z1:AA1"),
            (1_048_576, "XFD", json!([["a"]]), "XFD1048576:XFD1048576"),
        ] {
            assert_eq!(place(row, start, values).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn cells_that_no_spreadsheet_has_are_refused() {
        for (row, start, values, expected) in [
            (3, "A", json!([[]]), "Values has rows without cells"),
            (3, "A", json!([["a", "b"], ["c"]]), "Values row 2 has 1 cell, row 1 has 2"),
            (
                3,
                "XFC",
                json!([["a", "b", "c"]]),
                "Values has 3 cells in a row, which from column XFC on reach past XFD",
            ),
            (1_048_576, "A", json!([["a"], ["b"]]), "Row is 1048576, which leaves no room for 2 rows"),
            (i64::MAX, "A", json!([["a"], ["b"]]), "Row is 9223372036854775807, which leaves no room for 2 rows"),
        ] {
            assert_eq!(place(row, start, values), Err(expected.to_owned()));
        }
    }

    #[test]
    fn rows_that_stay_blank_are_told_with_what_to_do_and_never_retried() {
        let rows = Lines::rows(serde_json::from_value(json!(3)).unwrap(), LineCount::of(2));
        let range: CellRange = "A3:A4".parse().unwrap();
        let told =
            |failure: Failure, outcome_unknown| Unwritten { failure, outcome_unknown }.after_inserting(rows, range);

        let limited = Failure::new(FailureKind::RateLimit, "too fast").hint("Wait and run again.").retryable(true);
        let failure = told(limited, false);
        assert!(
            !failure.is_retryable()
                && failure.next_step().starts_with("What was inserted (rows 3 to 4) is still blank. Wait a")
        );

        let locked = Failure::new(FailureKind::Permission, "locked").hint("Unlock the cells.");
        assert!(told(locked, false).next_step().contains("Unlock the cells. Then use Update Range Data on A3:A4"));

        let outside = Failure::new(FailureKind::NotFound, "no such range").hint("Check WorkbookId.");
        assert!(told(outside, false).next_step().contains("Check that the worksheet reaches as far as column A:"));

        let lost = told(Failure::new(FailureKind::Timeout, "no answer"), true);
        assert_eq!(lost.message(), "the rows were inserted, writing into them failed: no answer");
        assert!(lost.next_step().starts_with("What was inserted (rows 3 to 4) may or may not hold the values"));
    }
}
