//! What nearly every node of the product needs.

pub use dingtalk::prelude::*;

pub use crate::{
    LINES, SPREADSHEET,
    a1::{CellRange, Column, ColumnSpan, RangeAddress},
    cells::Rows,
    confirm::Confirm,
    lines::{LineCount, Lines, Position, Visibility},
    sheet::{Clearing, InSheet, SheetProperties, WrittenRange, worksheets},
    sheet::{SheetId, WorkbookId},
};
