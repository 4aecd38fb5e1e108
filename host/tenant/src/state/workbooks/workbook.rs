//! A workbook: sheets in their order, found by id or by title.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::error::WorkbookError;
use super::worksheet::Worksheet;

/// A workbook with its sheets, at least one of them visible.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub(crate) struct Workbook {
    /// By the order of the tabs.
    sheets: BTreeMap<u64, Worksheet>,
    by_id: HashMap<String, u64>,
    by_title: HashMap<String, u64>,
    visible: usize,
    /// The last number that was put behind a title to make it different from all others.
    numbers: BTreeMap<String, u64>,
}

/// A workbook as it is written to a file.
#[derive(Serialize, Deserialize)]
struct Stored {
    sheets: Vec<Worksheet>,
    numbers: BTreeMap<String, u64>,
}

/// A sheet as a list of sheets tells it.
#[derive(Debug, Serialize)]
pub(crate) struct Tab {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Workbook {
    pub(super) fn of(sheets: impl IntoIterator<Item = Worksheet>) -> Self {
        let mut workbook = Self::default();
        sheets.into_iter().for_each(|sheet| workbook.push(sheet));
        workbook
    }

    /// The sheets in the order of the tabs, hidden ones too.
    pub(crate) fn tabs(&self) -> Vec<Tab> {
        let tab = |sheet: &Worksheet| Tab { id: sheet.id.clone(), name: sheet.title.clone() };
        self.sheets.values().map(tab).collect()
    }

    /// The sheet with this id or title.
    pub(crate) fn sheet(&self, sheet: &str) -> Result<&Worksheet, WorkbookError> {
        self.place(sheet).and_then(|place| self.sheets.get(&place)).ok_or(WorkbookError::UnknownSheet)
    }

    /// The sheet with this id or title, to write to.
    pub(crate) fn sheet_mut(&mut self, sheet: &str) -> Result<&mut Worksheet, WorkbookError> {
        let place = self.place(sheet);
        place.and_then(|place| self.sheets.get_mut(&place)).ok_or(WorkbookError::UnknownSheet)
    }

    /// Adds an empty sheet behind the last one. A title that is taken gets a number: `Q3` becomes `Q3 (1)`.
    pub(crate) fn add(&mut self, id: String, title: String) -> Result<Tab, WorkbookError> {
        if title.trim().is_empty() {
            return Err(WorkbookError::TitleEmpty);
        }
        let title = if self.by_title.contains_key(&title) { self.numbered(title) } else { title };
        let tab = Tab { id: id.clone(), name: title.clone() };
        self.push(Worksheet::new(id, title));
        Ok(tab)
    }

    /// Removes the sheet with this id or title.
    pub(crate) fn remove(&mut self, sheet: &str) -> Result<(), WorkbookError> {
        let found = self.sheet(sheet)?;
        if found.visible && self.visible == 1 {
            return Err(WorkbookError::NoSheetLeft);
        }
        let place = self.place(sheet);
        if let Some(removed) = place.and_then(|place| self.sheets.remove(&place)) {
            self.visible -= usize::from(removed.visible);
            self.by_id.remove(&removed.id);
            self.by_title.remove(&removed.title);
        }
        Ok(())
    }

    fn place(&self, sheet: &str) -> Option<u64> {
        self.by_id.get(sheet).or_else(|| self.by_title.get(sheet)).copied()
    }

    fn push(&mut self, sheet: Worksheet) {
        let place = self.sheets.last_key_value().map_or(0, |(last, _)| last + 1);
        self.by_id.insert(sheet.id.clone(), place);
        self.by_title.insert(sheet.title.clone(), place);
        self.visible += usize::from(sheet.visible);
        self.sheets.insert(place, sheet);
    }

    /// The title with a number that makes it different from all others.
    fn numbered(&mut self, title: String) -> String {
        let mut number = self.numbers.get(&title).copied().unwrap_or_default();
        loop {
            number += 1;
            let numbered = format!("{title} ({number})");
            if !self.by_title.contains_key(&numbered) {
                self.numbers.insert(title, number);
                return numbered;
            }
        }
    }
}

impl From<Stored> for Workbook {
    fn from(Stored { sheets, numbers }: Stored) -> Self {
        Self { numbers, ..Self::of(sheets) }
    }
}

impl From<Workbook> for Stored {
    fn from(workbook: Workbook) -> Self {
        Self { sheets: workbook.sheets.into_values().collect(), numbers: workbook.numbers }
    }
}
