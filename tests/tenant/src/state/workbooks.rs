//! Spreadsheets: one workbook with two sheets.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::seed::{Mint, Purpose};
use crate::a1::{Area, MalformedRange, RangeAddress};

/// The id of the workbook.
pub const WORKBOOK_ID: &str = "Gl6Pm2Db8D3aQ7mBcvKxY4wRJxLq0Ee9";

/// The id of its first sheet: 姓名, 部门, 奖金 and four people below, in A1:C5.
pub const STAFF_SHEET_ID: &str = "st-7c41e0aa-52317";
/// The title of its first sheet.
pub const STAFF_SHEET_TITLE: &str = "员工奖金";

/// The id of its second sheet: sales, in A1:F7.
pub const LEDGER_SHEET_ID: &str = "st-9b52d1f7-60418";
/// The title of its second sheet; the slash shows whether a caller encodes a path segment.
pub const LEDGER_SHEET_TITLE: &str = "销售台账 2026/Q4";

const FIRST_SHEET_TITLE: &str = "Sheet1";
const ROW_COUNT: usize = 200;
const COLUMN_COUNT: usize = 26;

const STAFF: [[&str; 3]; 5] = [
    ["姓名", "部门", "奖金"],
    ["王伟", "销售部", "5200"],
    ["张敏", "研发部", "4800"],
    ["刘洋", "财务部", "4100"],
    ["陈静", "人力行政部", "3900"],
];

const LEDGER: [[&str; 6]; 7] = [
    ["日期", "客户", "产品", "数量", "金额", "负责人"],
    ["2026-10-08", "杭州云帆科技", "传感器", "120", "36000", "王伟"],
    ["2026-10-15", "上海宏图电子", "控制器", "40", "52000", "李军"],
    ["2026-10-27", "深圳众联物流", "扫码枪", "200", "58000", "赵磊"],
    ["2026-11-03", "宁波海晟贸易", "传感器", "75", "22500", "王伟"],
    ["2026-11-12", "广州粤通仓储", "网关", "16", "44800", "黄婷婷"],
    ["2026-11-18", "苏州恒信制造", "控制器", "25", "32500", "李军"],
];

/// Why cells could not be found or written.
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
    #[error("values must have at least one row and one column")]
    Empty,
    #[error("row {row} of values has {width} cells, the first row has {expected}")]
    Ragged { row: usize, width: usize, expected: usize },
    #[error("values have {rows} rows and {columns} columns, the range {range} does not")]
    Dimensions { rows: usize, columns: usize, range: Area },
    #[error("rows of {columns} cells do not fit into {column_count} columns")]
    TooWide { columns: usize, column_count: usize },
}

/// A sheet: a grid of cells, of which only those up to the last one written are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sheet {
    /// Its id.
    pub id: String,
    /// Its title, which the service takes in place of the id.
    pub title: String,
    /// How many rows the grid has, empty ones included.
    pub row_count: usize,
    /// How many columns the grid has, empty ones included.
    pub column_count: usize,
    /// The rows from the first on; whatever is not there is empty.
    pub cells: Vec<Vec<String>>,
}

impl Sheet {
    /// The text of a cell, both positions counted from 0; an empty cell reads as an empty text.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let cell = self.cells.get(row).and_then(|cells| cells.get(column));
        cell.map_or("", String::as_str)
    }

    /// The last row with a cell that is not empty, counted from 0.
    pub fn last_non_empty_row(&self) -> Option<usize> {
        let filled = |cells: &Vec<String>| last_filled(cells).is_some();
        self.cells.iter().rposition(filled)
    }

    /// The last column with a cell that is not empty, counted from 0.
    pub fn last_non_empty_column(&self) -> Option<usize> {
        let columns = self.cells.iter().map(|cells| last_filled(cells));
        columns.max().flatten()
    }

    /// Writes `values` over the range, which never extends the grid.
    pub(crate) fn write(&mut self, range: &str, values: Vec<Vec<String>>) -> Result<Area, WorkbookError> {
        let range: RangeAddress = range.parse()?;
        let outside = WorkbookError::OutsideOfGrid { row_count: self.row_count, column_count: self.column_count };
        let area = range.within(self.row_count, self.column_count).ok_or(outside)?;
        let (rows, columns) = dimensions(&values)?;
        if (rows, columns) != (area.row_count, area.column_count) {
            return Err(WorkbookError::Dimensions { rows, columns, range: area });
        }
        self.put(area, values);
        Ok(area)
    }

    /// Writes `values` below the last row that is not empty, from the first column on, and extends the grid as needed.
    pub(crate) fn append(&mut self, values: Vec<Vec<String>>) -> Result<Area, WorkbookError> {
        let (row_count, column_count) = dimensions(&values)?;
        if column_count > self.column_count {
            return Err(WorkbookError::TooWide { columns: column_count, column_count: self.column_count });
        }
        let area = Area {
            first_row: self.last_non_empty_row().map_or(0, |last| last + 1),
            first_column: 0,
            row_count,
            column_count,
        };
        self.row_count = self.row_count.max(area.first_row + row_count);
        self.put(area, values);
        Ok(area)
    }

    /// Stores `values`, which have the size of `area`.
    fn put(&mut self, area: Area, values: Vec<Vec<String>>) {
        let end_row = area.first_row + area.row_count;
        let end_column = area.first_column + area.column_count;
        if self.cells.len() < end_row {
            self.cells.resize_with(end_row, Vec::new);
        }
        for (cells, values) in self.cells.iter_mut().skip(area.first_row).zip(values) {
            if cells.len() < end_column {
                cells.resize_with(end_column, String::new);
            }
            let targets = cells.iter_mut().skip(area.first_column);
            targets.zip(values).for_each(|(cell, value)| *cell = value);
        }
    }
}

fn last_filled(cells: &[String]) -> Option<usize> {
    cells.iter().rposition(|cell| !cell.is_empty())
}

/// The number of rows and columns of values whose rows are all of one length.
fn dimensions(values: &[Vec<String>]) -> Result<(usize, usize), WorkbookError> {
    let expected = values.first().map_or(0, Vec::len);
    if expected == 0 {
        return Err(WorkbookError::Empty);
    }
    match values.iter().position(|row| row.len() != expected) {
        None => Ok((values.len(), expected)),
        Some(position) => {
            Err(WorkbookError::Ragged { row: position + 1, width: values.get(position).map_or(0, Vec::len), expected })
        }
    }
}

/// A workbook with its sheets.
struct Workbook {
    sheets: Vec<Sheet>,
}

impl Workbook {
    fn position(&self, sheet: &str) -> Result<usize, WorkbookError> {
        let matches = |candidate: &Sheet| candidate.id == sheet || candidate.title == sheet;
        self.sheets.iter().position(matches).ok_or(WorkbookError::UnknownSheet)
    }
}

/// The workbooks of the organisation. Each has a lock of its own, so that calls on different ones do not wait for each
/// other.
pub(crate) struct Workbooks {
    mint: Mint,
    workbooks: RwLock<HashMap<String, Arc<RwLock<Workbook>>>>,
}

impl Workbooks {
    pub(crate) fn new(seed: u64) -> Self {
        let sheets =
            vec![sheet(STAFF_SHEET_ID, STAFF_SHEET_TITLE, &STAFF), sheet(LEDGER_SHEET_ID, LEDGER_SHEET_TITLE, &LEDGER)];
        let workbook = Arc::new(RwLock::new(Workbook { sheets }));
        Self {
            mint: Mint::new(seed, Purpose::Sheet),
            workbooks: RwLock::new(HashMap::from([(WORKBOOK_ID.to_owned(), workbook)])),
        }
    }

    /// Makes a workbook with one empty sheet, `Sheet1`, of 200 rows and 26 columns. A workbook that has this id already
    /// stays as it is.
    pub(crate) fn create(&self, workbook_id: &str) {
        let mut workbooks = self.workbooks.write().unwrap_or_else(PoisonError::into_inner);
        if !workbooks.contains_key(workbook_id) {
            let first = sheet::<0>(&self.mint.sheet_id(), FIRST_SHEET_TITLE, &[]);
            workbooks.insert(workbook_id.to_owned(), Arc::new(RwLock::new(Workbook { sheets: vec![first] })));
        }
    }

    /// Reads the sheet with this id or title.
    pub(crate) fn read<T>(
        &self,
        workbook_id: &str,
        sheet: &str,
        read: impl FnOnce(&Sheet) -> T,
    ) -> Result<T, WorkbookError> {
        let workbook = self.workbook(workbook_id)?;
        let workbook = workbook.read().unwrap_or_else(PoisonError::into_inner);
        let position = workbook.position(sheet)?;
        workbook.sheets.get(position).map(read).ok_or(WorkbookError::UnknownSheet)
    }

    /// Changes the sheet with this id or title.
    pub(crate) fn change<T>(
        &self,
        workbook_id: &str,
        sheet: &str,
        change: impl FnOnce(&mut Sheet) -> Result<T, WorkbookError>,
    ) -> Result<T, WorkbookError> {
        let workbook = self.workbook(workbook_id)?;
        let mut workbook = workbook.write().unwrap_or_else(PoisonError::into_inner);
        let position = workbook.position(sheet)?;
        workbook.sheets.get_mut(position).ok_or(WorkbookError::UnknownSheet).and_then(change)
    }

    fn workbook(&self, workbook_id: &str) -> Result<Arc<RwLock<Workbook>>, WorkbookError> {
        let workbooks = self.workbooks.read().unwrap_or_else(PoisonError::into_inner);
        workbooks.get(workbook_id).cloned().ok_or(WorkbookError::UnknownWorkbook)
    }
}

fn sheet<const N: usize>(id: &str, title: &str, rows: &[[&str; N]]) -> Sheet {
    let cells = rows.iter().map(|row| row.map(str::to_owned).to_vec());
    Sheet {
        id: id.to_owned(),
        title: title.to_owned(),
        row_count: ROW_COUNT,
        column_count: COLUMN_COUNT,
        cells: cells.collect(),
    }
}
