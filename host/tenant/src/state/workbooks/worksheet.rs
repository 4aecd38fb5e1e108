//! A sheet: a grid of cells with their contents and formats, and which of its lines are hidden.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::changes::{Matrix, RangeChanges, dimensions};
use super::error::WorkbookError;
use super::format::{CellFormat, FormatSlot};
use super::formula::{Shift, follow};
use super::grid::Grid;
use super::range_data::{Field, RangeData};
use crate::a1::{Area, MOST_COLUMNS, RangeAddress};

const ROW_COUNT: usize = 200;
const COLUMN_COUNT: usize = 26;

/// The service names no limit; this one keeps a caller gone wild from eating the machine.
const MOST_ROWS: usize = 1_000_000;

/// How many cells one call may read or overwrite.
const MOST_CELLS: usize = 30_000;

/// How many rows or columns one call may insert, delete, show or hide.
const MOST_LINES: usize = 5_000;

/// Rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    Rows,
    Columns,
}

impl fmt::Display for Axis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rows => "rows",
            Self::Columns => "columns",
        })
    }
}

/// Neighbouring rows or columns, the first counted from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines {
    pub(crate) axis: Axis,
    pub(crate) first: usize,
    pub(crate) count: usize,
}

/// A sheet of a workbook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Worksheet {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) visible: bool,
    pub(super) row_count: usize,
    pub(super) column_count: usize,
    pub(super) cells: Grid<Cell>,
    pub(super) formats: Grid<FormatSlot>,
    pub(super) hidden_rows: BTreeSet<usize>,
    pub(super) hidden_columns: BTreeSet<usize>,
    /// Whether a formula was ever entered; without one, lines come and go without a look at every cell.
    has_formulas: bool,
}

/// What a sheet tells of itself.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    id: String,
    name: String,
    visibility: &'static str,
    last_non_empty_row: i64,
    last_non_empty_column: i64,
    row_count: usize,
    column_count: usize,
}

impl Worksheet {
    /// An empty sheet.
    pub(super) fn new(id: String, title: String) -> Self {
        Self {
            id,
            title,
            visible: true,
            row_count: ROW_COUNT,
            column_count: COLUMN_COUNT,
            cells: Grid::default(),
            formats: Grid::default(),
            hidden_rows: BTreeSet::new(),
            hidden_columns: BTreeSet::new(),
            has_formulas: false,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn properties(&self) -> Properties {
        // From 0, and -1 in an empty sheet.
        let last = |count: usize| i64::try_from(count).map_or(i64::MAX, |count| count - 1);
        Properties {
            id: self.id.clone(),
            name: self.title.clone(),
            visibility: visibility(self.visible),
            last_non_empty_row: last(self.cells.rows().len()),
            last_non_empty_column: last(self.cells.width()),
            row_count: self.row_count,
            column_count: self.column_count,
        }
    }

    /// The cells of a range, which must lie in the grid, with what `fields` name.
    pub(crate) fn read(&self, range: &str, fields: &[Field]) -> Result<RangeData, WorkbookError> {
        let area = self.limited_area(range)?;
        Ok(RangeData::of(self, area, fields))
    }

    /// Writes over the cells of a range, which never extends the grid.
    pub(crate) fn update(&mut self, range: &str, mut changes: RangeChanges) -> Result<Area, WorkbookError> {
        let area = self.limited_area(range)?;
        changes.check(area)?;
        if let Some(texts) = changes.link_texts() {
            self.cells.combine(area, texts, |cell, text| {
                if let Some(text) = text {
                    *cell = Cell::Text(text);
                }
            });
        }
        if let Some(values) = changes.values.take() {
            self.enter(area, values, Cell::entered);
        }
        if let Some(formats) = changes.formats(area) {
            self.formats.combine(area, formats, |slot, new| {
                if new != CellFormat::default() {
                    slot.get_or_insert_default().merge(new);
                }
            });
        }
        Ok(area)
    }

    /// Empties the cells of a range; their formats stay.
    pub(crate) fn clear_data(&mut self, range: &str) -> Result<Area, WorkbookError> {
        let area = self.area(range)?;
        self.cells.clear(area);
        Ok(area)
    }

    /// Empties the cells of a range and takes their formats away.
    pub(crate) fn clear_all(&mut self, range: &str) -> Result<Area, WorkbookError> {
        let area = self.clear_data(range)?;
        self.formats.clear(area);
        Ok(area)
    }

    /// Writes `values` below the last row that is not empty, from the first column on, and extends the grid as needed.
    /// Formulas are not recognised here: text that looks like one stays text.
    pub(crate) fn append(&mut self, values: Matrix<String>) -> Result<Area, WorkbookError> {
        let (row_count, column_count) = dimensions("values", &values)?;
        if column_count > self.column_count {
            return Err(WorkbookError::TooWide { columns: column_count, column_count: self.column_count });
        }
        let area = Area { first_row: self.cells.rows().len(), first_column: 0, row_count, column_count };
        let needed = area.first_row + row_count;
        if needed > self.row_count {
            limit(Axis::Rows, needed)?;
            self.row_count = needed;
        }
        self.enter(area, values, Cell::Text);
        Ok(area)
    }

    /// Inserts blank rows or columns before one that exists.
    pub(crate) fn insert(&mut self, lines: Lines) -> Result<(), WorkbookError> {
        let Lines { axis, first, count } = lines;
        let size = self.size(axis);
        within(axis, first, 1, size)?;
        counted(lines)?;
        limit(axis, size + count)?;
        match axis {
            Axis::Rows => {
                self.row_count += count;
                self.cells.insert_rows(first, count);
                self.formats.insert_rows(first, count);
            }
            Axis::Columns => {
                self.column_count += count;
                self.cells.insert_columns(first, count);
                self.formats.insert_columns(first, count);
            }
        }
        self.hide(axis, |hidden| {
            let behind = hidden.split_off(&first);
            hidden.extend(behind.into_iter().map(|line| line + count));
        });
        self.follow(Shift::Inserted { axis, at: first, count });
        Ok(())
    }

    /// Deletes rows or columns; what follows closes up.
    pub(crate) fn delete(&mut self, lines: Lines) -> Result<(), WorkbookError> {
        let Lines { axis, first, count } = lines;
        let size = self.size(axis);
        counted(lines)?;
        within(axis, first, count, size)?;
        if count == size {
            return Err(WorkbookError::NoLineLeft { axis });
        }
        match axis {
            Axis::Rows => {
                self.row_count -= count;
                self.cells.delete_rows(first, count);
                self.formats.delete_rows(first, count);
            }
            Axis::Columns => {
                self.column_count -= count;
                self.cells.delete_columns(first, count);
                self.formats.delete_columns(first, count);
            }
        }
        self.hide(axis, |hidden| {
            let mut from_first = hidden.split_off(&first);
            let behind = from_first.split_off(&(first + count));
            hidden.extend(behind.into_iter().map(|line| line - count));
        });
        self.follow(Shift::Deleted { axis, at: first, count });
        Ok(())
    }

    /// Shows or hides rows or columns.
    pub(crate) fn set_visibility(&mut self, lines: Lines, visible: bool) -> Result<(), WorkbookError> {
        let Lines { axis, first, count } = lines;
        counted(lines)?;
        within(axis, first, count, self.size(axis))?;
        self.hide(axis, |hidden| {
            for line in first..first + count {
                if visible {
                    hidden.remove(&line);
                } else {
                    hidden.insert(line);
                }
            }
        });
        Ok(())
    }

    fn size(&self, axis: Axis) -> usize {
        match axis {
            Axis::Rows => self.row_count,
            Axis::Columns => self.column_count,
        }
    }

    /// Changes which rows or columns are hidden.
    fn hide(&mut self, axis: Axis, change: impl FnOnce(&mut BTreeSet<usize>)) {
        match axis {
            Axis::Rows => change(&mut self.hidden_rows),
            Axis::Columns => change(&mut self.hidden_columns),
        }
    }

    fn follow(&mut self, shift: Shift) {
        if self.has_formulas {
            self.cells.each(|cell| {
                if let Cell::Formula { formula } = cell {
                    *formula = follow(formula, shift);
                }
            });
        }
    }

    /// Puts values into cells; `entered` says what becomes of each.
    pub(super) fn enter(&mut self, area: Area, values: Matrix<String>, entered: fn(String) -> Cell) {
        let mut has_formulas = self.has_formulas;
        self.cells.combine(area, values, |cell, value| {
            *cell = entered(value);
            has_formulas |= cell.formula().is_some();
        });
        self.has_formulas = has_formulas;
    }

    /// The cells that a range address means in this grid.
    fn area(&self, range: &str) -> Result<Area, WorkbookError> {
        let range: RangeAddress = range.parse()?;
        let outside = WorkbookError::OutsideOfGrid { row_count: self.row_count, column_count: self.column_count };
        range.within(self.row_count, self.column_count).ok_or(outside)
    }

    fn limited_area(&self, range: &str) -> Result<Area, WorkbookError> {
        let area = self.area(range)?;
        match area.cell_count() {
            cells if cells > MOST_CELLS => Err(WorkbookError::TooManyCells { cells, most: MOST_CELLS }),
            _ => Ok(area),
        }
    }
}

/// How the service says whether something is shown.
fn visibility(visible: bool) -> &'static str {
    if visible { "visible" } else { "hidden" }
}

fn counted(Lines { axis, count, .. }: Lines) -> Result<(), WorkbookError> {
    if (1..=MOST_LINES).contains(&count) { Ok(()) } else { Err(WorkbookError::LineCount { axis, most: MOST_LINES }) }
}

fn within(axis: Axis, first: usize, count: usize, size: usize) -> Result<(), WorkbookError> {
    let end = first.saturating_add(count);
    if end <= size {
        return Ok(());
    }
    Err(WorkbookError::OutsideOfLines { axis, first, last: end.saturating_sub(1), size })
}

fn limit(axis: Axis, size: usize) -> Result<(), WorkbookError> {
    let most = match axis {
        Axis::Rows => MOST_ROWS,
        Axis::Columns => MOST_COLUMNS,
    };
    if size <= most { Ok(()) } else { Err(WorkbookError::TooLarge { axis, most }) }
}
