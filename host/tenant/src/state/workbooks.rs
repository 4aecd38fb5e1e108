//! Spreadsheets.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::seed::{Mint, Purpose};
use crate::service::{reading, writing};

mod cell;
mod changes;
mod demo;
mod error;
mod format;
mod formula;
mod grid;
mod range_data;
mod sheet;
mod workbook;
mod worksheet;

pub(crate) use changes::RangeChanges;
pub use demo::{
    BUDGET_SHEET_ID, BUDGET_SHEET_TITLE, BUDGET_WORKBOOK_ID, CODES_SHEET_ID, CODES_SHEET_TITLE, LEDGER_SHEET_ID,
    LEDGER_SHEET_TITLE, STAFF_SHEET_ID, STAFF_SHEET_TITLE, WORKBOOK_ID,
};
pub(crate) use error::WorkbookError;
pub use format::{
    CellFormat, Color, FontWeight, HorizontalAlignment, Hyperlink, HyperlinkKind, MalformedColor, VerticalAlignment,
    WordWrap,
};
pub(crate) use range_data::{Field, RangeData};
pub use sheet::Sheet;
pub(crate) use workbook::Tab;
use workbook::Workbook;
pub(crate) use worksheet::{Axis, Lines, Properties, Worksheet};

const FIRST_SHEET_TITLE: &str = "Sheet1";

/// The workbooks of the organisation. Each has a lock of its own, so that calls on different ones do not wait for each
/// other.
#[derive(Debug)]
pub(crate) struct Workbooks {
    mint: Mint,
    workbooks: RwLock<BTreeMap<String, Arc<RwLock<Workbook>>>>,
}

impl Workbooks {
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(Mint::new(seed, Purpose::Sheet), demo::workbooks())
    }

    fn of(mint: Mint, workbooks: impl IntoIterator<Item = (String, Workbook)>) -> Self {
        let shared = workbooks.into_iter().map(|(id, workbook)| (id, Arc::new(RwLock::new(workbook))));
        Self { mint, workbooks: RwLock::new(shared.collect()) }
    }

    /// Makes a workbook with one empty sheet, `Sheet1`, of 200 rows and 26 columns. A workbook that has this id already
    /// stays as it is.
    pub(crate) fn create(&self, workbook_id: &str) {
        let mut workbooks = writing(&self.workbooks);
        if !workbooks.contains_key(workbook_id) {
            let first = Worksheet::new(self.mint.sheet_id(), FIRST_SHEET_TITLE.to_owned());
            workbooks.insert(workbook_id.to_owned(), Arc::new(RwLock::new(Workbook::of([first]))));
        }
    }

    /// The sheets of a workbook, in the order of the tabs.
    pub(crate) fn tabs(&self, workbook_id: &str) -> Result<Vec<Tab>, WorkbookError> {
        self.read(workbook_id, |workbook| Ok(workbook.tabs()))
    }

    /// Adds an empty sheet to a workbook.
    pub(crate) fn add_sheet(&self, workbook_id: &str, title: String) -> Result<Tab, WorkbookError> {
        self.change(workbook_id, |workbook| workbook.add(self.mint.sheet_id(), title))
    }

    /// Removes the sheet with this id or title.
    pub(crate) fn remove_sheet(&self, workbook_id: &str, sheet: &str) -> Result<(), WorkbookError> {
        self.change(workbook_id, |workbook| workbook.remove(sheet))
    }

    /// Reads the sheet with this id or title.
    pub(crate) fn read_sheet<T>(
        &self,
        workbook_id: &str,
        sheet: &str,
        read: impl FnOnce(&Worksheet) -> Result<T, WorkbookError>,
    ) -> Result<T, WorkbookError> {
        self.read(workbook_id, |workbook| read(workbook.sheet(sheet)?))
    }

    /// Changes the sheet with this id or title.
    pub(crate) fn change_sheet<T>(
        &self,
        workbook_id: &str,
        sheet: &str,
        change: impl FnOnce(&mut Worksheet) -> Result<T, WorkbookError>,
    ) -> Result<T, WorkbookError> {
        self.change(workbook_id, |workbook| change(workbook.sheet_mut(sheet)?))
    }

    fn read<T>(
        &self,
        workbook_id: &str,
        read: impl FnOnce(&Workbook) -> Result<T, WorkbookError>,
    ) -> Result<T, WorkbookError> {
        let workbook = self.workbook(workbook_id)?;
        let workbook = reading(&workbook);
        read(&workbook)
    }

    fn change<T>(
        &self,
        workbook_id: &str,
        change: impl FnOnce(&mut Workbook) -> Result<T, WorkbookError>,
    ) -> Result<T, WorkbookError> {
        let workbook = self.workbook(workbook_id)?;
        let mut workbook = writing(&workbook);
        change(&mut workbook)
    }

    /// The workbook itself, so that the lock on the list of them is free again.
    fn workbook(&self, workbook_id: &str) -> Result<Arc<RwLock<Workbook>>, WorkbookError> {
        let workbooks = reading(&self.workbooks);
        workbooks.get(workbook_id).cloned().ok_or(WorkbookError::UnknownWorkbook)
    }
}

/// All workbooks as they are written to a file.
#[derive(Serialize, Deserialize)]
struct Stored<M> {
    mint: M,
    workbooks: BTreeMap<String, Workbook>,
}

impl Serialize for Workbooks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shared = reading(&self.workbooks).clone();
        let content = |workbook: Arc<RwLock<Workbook>>| reading(&workbook).clone();
        let workbooks = shared.into_iter().map(|(id, workbook)| (id, content(workbook))).collect();
        Stored { mint: &self.mint, workbooks }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Workbooks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { mint, workbooks } = Stored::deserialize(deserializer)?;
        Ok(Self::of(mint, workbooks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(workbooks: &Workbooks, workbook_id: &str, sheet: &str) -> Option<Sheet> {
        workbooks.read_sheet(workbook_id, sheet, |sheet| Ok(Sheet::from(sheet))).ok()
    }

    #[test]
    fn workbooks_read_back_from_a_file_are_the_same() -> Result<(), serde_json::Error> {
        let workbooks = Workbooks::new(1);
        workbooks.create("made");

        let again: Workbooks = serde_json::from_str(&serde_json::to_string(&workbooks)?)?;

        for (workbook_id, sheet) in
            [(WORKBOOK_ID, STAFF_SHEET_ID), (BUDGET_WORKBOOK_ID, BUDGET_SHEET_TITLE), ("made", FIRST_SHEET_TITLE)]
        {
            assert!(whole(&again, workbook_id, sheet).is_some());
            assert_eq!(whole(&again, workbook_id, sheet), whole(&workbooks, workbook_id, sheet));
        }
        let added = |workbooks: &Workbooks| workbooks.add_sheet("made", "新".to_owned()).map(|tab| tab.id).ok();
        assert_eq!(added(&again), added(&workbooks));
        Ok(())
    }

    #[test]
    fn making_a_workbook_twice_leaves_the_first() {
        let workbooks = Workbooks::new(1);
        workbooks.create("made");
        let before = whole(&workbooks, "made", FIRST_SHEET_TITLE);

        workbooks.create("made");

        assert_eq!(whole(&workbooks, "made", FIRST_SHEET_TITLE), before);
        let first = before.map(|sheet| (sheet.row_count, sheet.column_count, sheet.cells));
        assert_eq!(first, Some((200, 26, Vec::new())));
    }

    #[test]
    fn a_large_sheet_grows_and_shrinks_at_both_ends() -> Result<(), WorkbookError> {
        let workbooks = Workbooks::new(1);
        workbooks.create("large");
        workbooks.change_sheet("large", FIRST_SHEET_TITLE, |sheet| {
            for number in 0..20 {
                let rows = (0..5_000).map(|row| vec![(number * 5_000 + row).to_string(), "一".to_owned()]);
                sheet.append(rows.collect())?;
            }
            sheet.delete(Lines { axis: Axis::Rows, first: 0, count: 1 })?;
            sheet.insert(Lines { axis: Axis::Rows, first: 99_998, count: 2 })?;
            sheet.clear_data("A100001:B100001").map(|_| ())
        })?;

        let sheet = whole(&workbooks, "large", FIRST_SHEET_TITLE);

        let ends = sheet.map(|sheet| (sheet.last_non_empty_row(), sheet.row_count, sheet.cell(99_997, 0).to_owned()));
        assert_eq!(ends, Some((Some(99_997), 100_001, "99998".to_owned())));
        Ok(())
    }
}
