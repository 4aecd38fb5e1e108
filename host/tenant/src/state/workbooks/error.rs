//! Why cells could not be found or written.

use crate::a1::{Area, MalformedRange};

use super::worksheet::Axis;

/// Why a workbook, a sheet or cells could not be found or changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorkbookError {
    #[error("the workbook does not exist")]
    UnknownWorkbook,
    #[error("the sheet does not exist")]
    UnknownSheet,
    #[error("the range address is {0}")]
    Malformed(#[from] MalformedRange),
    #[error("the range lies outside of the grid of {row_count} rows and {column_count} columns")]
    OutsideOfGrid { row_count: usize, column_count: usize },
    #[error("a range of {cells} cells is more than the {most} that one call may read or write")]
    TooManyCells { cells: usize, most: usize },
    #[error("nothing to write: give values or formats")]
    NothingToWrite,
    #[error("{field} must have at least one row and one column")]
    Empty { field: &'static str },
    #[error("row {row} of {field} has {width} cells, the first row has {expected}")]
    Ragged { field: &'static str, row: usize, width: usize, expected: usize },
    #[error("{field} have {rows} rows and {columns} columns, the range {range} does not")]
    Dimensions { field: &'static str, rows: usize, columns: usize, range: Area },
    #[error("rows of {columns} cells do not fit into {column_count} columns")]
    TooWide { columns: usize, column_count: usize },
    #[error("{axis} {first} to {last}, counted from 0, lie outside of the {size} there are")]
    OutsideOfLines { axis: Axis, first: usize, last: usize, size: usize },
    #[error("the number of {axis} must be 1 to {most}")]
    LineCount { axis: Axis, most: usize },
    #[error("a sheet keeps at least one of its {axis}")]
    NoLineLeft { axis: Axis },
    #[error("a workbook keeps at least one visible sheet")]
    NoSheetLeft,
    #[error("a sheet has at most {most} {axis}")]
    TooLarge { axis: Axis, most: usize },
    #[error("name must have at least one character")]
    TitleEmpty,
}
