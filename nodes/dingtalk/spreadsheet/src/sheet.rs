//! A worksheet, as one person sees it: what nodes say of it, read from it and write into it.

use dingtalk::{
    ids::{InTheNameOf, OperatorId},
    newer,
};
use patchbay_node::{Result, answer, api::Call, id, part};
use serde_json::json;

use crate::{a1::RangeAddress, cells::Rows};

id! {
    /// Id of the spreadsheet: its node id, from Get Node List, Get Workspace Node or the end of its URL.
    opaque WorkbookId, example: "Gl6Pm2Db8D3aQ7mBcvKxY4wRJxLq0Ee9"
}

id! {
    /// Id of the worksheet, from Get Worksheets. The name on its tab is taken too, but people change it.
    opaque SheetId, example: "st-7c41e0aa-52317"
}

/// The worksheets of a spreadsheet, as one person sees them.
pub fn worksheets(method: fn(&str) -> Call, workbook: &WorkbookId, operator: &OperatorId) -> Call {
    method("/v1.0/doc/workbooks").segment(workbook).path("/sheets").operator(operator)
}

/// The worksheet that a node works on, and in whose name.
#[part]
#[expect(missing_docs, reason = "their types say it, to users too")]
pub struct InSheet {
    pub workbook_id: WorkbookId,
    pub sheet_id: SheetId,
    pub operator_id: OperatorId,
}

impl InSheet {
    /// A call of the worksheet itself.
    pub fn call(&self, method: fn(&str) -> Call) -> Call {
        let sheets = method("/v1.0/doc/workbooks").segment(&self.workbook_id).path("/sheets");
        sheets.segment(&self.sheet_id).operator(&self.operator_id)
    }

    /// A call of cells of the worksheet.
    pub fn range(&self, method: fn(&str) -> Call, range: impl Into<RangeAddress>) -> Call {
        self.call(method).path("/ranges").segment(&range.into().to_string())
    }

    /// Reads its properties.
    pub fn properties(&self) -> Result<SheetProperties> {
        self.call(newer::get).send()
    }

    /// Writes the rows into the range, which must lie inside the grid. The same call again leaves the same.
    pub fn write(&self, range: impl Into<RangeAddress>, rows: &Rows) -> Call {
        self.range(newer::put, range).json(json!({ "values": rows }))
    }

    /// Empties the cells of the range. The same call again leaves the same.
    pub fn clear(&self, range: RangeAddress, what: Clearing) -> Result<WrittenRange> {
        let call = self.range(newer::post, range).path(what.path());
        call.repeat_if_unknown(repeat(range)).send()
    }

    /// Adds the rows below the last one that has data, from column A on; the service finds the place and extends the grid.
    pub fn append(&self, rows: &Rows) -> Call {
        self.call(newer::post).path("/appendRows").json(json!({ "values": rows }))
    }
}

/// What is taken from cells that are cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearing {
    /// Their data; how they are formatted stays.
    Data,
    /// Their data and how they are formatted.
    DataAndFormatting,
}

impl Clearing {
    /// The service calls it `clear` to take everything: not what one would guess from Clear Range Content.
    fn path(self) -> &'static str {
        match self {
            Self::Data => "/clearData",
            Self::DataAndFormatting => "/clear",
        }
    }
}

/// The next step after a write into a range that leaves the same however often it is done, where nobody knows whether it
/// took place.
pub fn repeat(range: RangeAddress) -> String {
    format!(
        "Outcome unknown: wait a moment and run again, which leaves the same unless somebody else has changed {range} \
         since; Get Range Data shows what it holds."
    )
}

/// What DingTalk says of a range that it has changed.
#[answer]
pub struct WrittenRange {
    /// The range, as DingTalk names it.
    #[promised(unless_empty)]
    #[serde(rename = "a1Notation")]
    a1_notation: String,
}

/// What DingTalk says of a worksheet.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct SheetProperties {
    /// Id of the worksheet.
    #[promised]
    id: String,
    /// Name on its tab.
    name: String,
    /// `visible` or `hidden`.
    visibility: String,
    /// The last row that has data, counted from 0; -1 when there is none.
    last_non_empty_row: i64,
    /// The last column that has data, counted from 0; -1 when there is none.
    last_non_empty_column: i64,
    /// Rows of the grid, with data or without.
    row_count: i64,
    /// Columns of the grid, with data or without.
    column_count: i64,
    /// Rows at the top that stay in sight.
    frozen_row_count: i64,
    /// Columns at the left that stay in sight.
    frozen_column_count: i64,
}
