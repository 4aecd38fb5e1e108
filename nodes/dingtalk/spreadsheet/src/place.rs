//! Where appended rows go: below the last row that has data.

use crate::{
    a1::{CellRange, ColumnSpan},
    sheet::SheetProperties,
};

/// Where rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into the grid.
    Inside(CellRange),
    /// Past the grid, which only the service's own append extends, or where only the service knows. What is expected is
    /// the range that the rows should get.
    Below(Option<CellRange>),
}

impl Place {
    /// The place of so many rows, as far as the worksheet tells it.
    pub fn of(sheet: &SheetProperties, columns: ColumnSpan, rows: usize) -> Self {
        let (Some(last), Some(grid)) = (sheet.last_non_empty_row(), sheet.row_count()) else {
            return Self::Below(None);
        };
        // `last` counts from 0 and is -1 when there is no data; a range counts from 1.
        let first = last.max(-1).saturating_add(2);
        let last = first.saturating_add(rows as i64 - 1);
        let range = match (u32::try_from(first), u32::try_from(last)) {
            (Ok(first), Ok(last)) => CellRange::new(columns, first, last),
            _ => None,
        };
        match range {
            Some(range) if last <= grid => Self::Inside(range),
            expected => Self::Below(expected),
        }
    }
}

/// The part of an appended range that holds the rows, which had so many blank cells in front. Where such a range starts is
/// undocumented; one as wide as what was sent begins with the blank cells, any other is taken as it is.
pub fn without_indent(told: CellRange, columns: ColumnSpan, indent: usize) -> CellRange {
    let whole = told.columns();
    let rows = (whole.width() == indent + columns.width())
        .then(|| ColumnSpan::new(whole.first().right(indent)?, whole.last()))
        .flatten();
    told.with_columns(rows.unwrap_or(whole))
}

#[cfg(test)]
mod tests {
    use patchbay_node::Answer;
    use serde_json::{Value, json};

    use super::*;

    fn columns(text: &str) -> ColumnSpan {
        text.parse().unwrap()
    }

    fn range(text: &str) -> CellRange {
        text.parse().unwrap()
    }

    fn sheet(properties: Value) -> SheetProperties {
        SheetProperties::SHAPE.read(properties).and_then(SheetProperties::take).unwrap()
    }

    #[test]
    fn rows_go_below_the_last_one_with_data() {
        for (properties, expected) in [
            (json!({ "lastNonEmptyRow": 4, "rowCount": 200 }), Place::Inside(range("A6:C7"))),
            (json!({ "lastNonEmptyRow": "4", "rowCount": "200" }), Place::Inside(range("A6:C7"))),
            (json!({ "lastNonEmptyRow": -1, "rowCount": 200 }), Place::Inside(range("A1:C2"))),
            (json!({ "lastNonEmptyRow": 197, "rowCount": 200 }), Place::Inside(range("A199:C200"))),
            (json!({ "lastNonEmptyRow": 198, "rowCount": 200 }), Place::Below(Some(range("A200:C201")))),
            (json!({ "lastNonEmptyRow": 199, "rowCount": 200 }), Place::Below(Some(range("A201:C202")))),
        ] {
            assert_eq!(Place::of(&sheet(properties.clone()), columns("A:C"), 2), expected, "{properties}");
        }
    }

    #[test]
    fn the_service_finds_the_place_when_it_does_not_tell_the_last_row() {
        for properties in [
            json!({ "rowCount": 200 }),
            json!({ "lastNonEmptyRow": null, "rowCount": 200 }),
            json!({ "lastNonEmptyRow": 4 }),
            json!({ "lastNonEmptyRow": i64::MAX, "rowCount": i64::MAX }),
        ] {
            assert_eq!(Place::of(&sheet(properties.clone()), columns("A:C"), 2), Place::Below(None), "{properties}");
        }
    }

    #[test]
    fn the_range_reported_is_the_one_that_holds_the_rows() {
        let span = columns("C:D");
        for (told, expected) in [
            ("A201:D202", "C201:D202"),
            ("B201:E202", "D201:E202"),
            ("C201:D202", "C201:D202"),
            ("Sheet1!A201:D202", "C201:D202"),
        ] {
            assert_eq!(without_indent(range(told), span, 2), range(expected), "{told}");
        }
    }
}
