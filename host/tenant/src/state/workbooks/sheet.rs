//! A sheet as a test sees it.

use std::collections::BTreeSet;

use super::format::CellFormat;
use super::worksheet::Worksheet;

/// A sheet as it was when somebody looked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sheet {
    /// Its id.
    pub id: String,
    /// Its title, which the service takes in place of the id.
    pub title: String,
    /// Whether its tab is shown.
    pub visible: bool,
    /// How many rows the grid has, empty ones included.
    pub row_count: usize,
    /// How many columns the grid has, empty ones included.
    pub column_count: usize,
    /// The cells as they were entered, up to the last row and, in each row, the last cell that is not empty.
    pub cells: Vec<Vec<String>>,
    /// The formats, up to the last row and, in each row, the last cell that has one; an empty format is the usual one.
    pub formats: Vec<Vec<CellFormat>>,
    /// The rows that are hidden, counted from 0.
    pub hidden_rows: BTreeSet<usize>,
    /// The columns that are hidden, counted from 0.
    pub hidden_columns: BTreeSet<usize>,
}

impl Sheet {
    /// What was entered into a cell, both positions counted from 0; an empty cell reads as an empty text.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let cell = self.cells.get(row).and_then(|cells| cells.get(column));
        cell.map_or("", String::as_str)
    }

    /// The format of a cell, both positions counted from 0.
    pub fn format(&self, row: usize, column: usize) -> CellFormat {
        let format = self.formats.get(row).and_then(|formats| formats.get(column));
        format.cloned().unwrap_or_default()
    }

    /// The last row with a cell that is not empty, counted from 0.
    pub fn last_non_empty_row(&self) -> Option<usize> {
        self.cells.len().checked_sub(1)
    }

    /// The last column with a cell that is not empty, counted from 0.
    pub fn last_non_empty_column(&self) -> Option<usize> {
        let lengths = self.cells.iter().map(Vec::len);
        lengths.max().and_then(|length| length.checked_sub(1))
    }
}

impl From<&Worksheet> for Sheet {
    fn from(sheet: &Worksheet) -> Self {
        let cells = sheet.cells.rows().iter();
        let formats = sheet.formats.rows().iter();
        Self {
            id: sheet.id.clone(),
            title: sheet.title.clone(),
            visible: sheet.visible,
            row_count: sheet.row_count,
            column_count: sheet.column_count,
            cells: cells.map(|row| row.iter().map(|cell| cell.text().to_owned()).collect()).collect(),
            formats: formats
                .map(|row| row.iter().map(|slot| slot.as_deref().cloned().unwrap_or_default()).collect())
                .collect(),
            hidden_rows: sheet.hidden_rows.clone(),
            hidden_columns: sheet.hidden_columns.clone(),
        }
    }
}
