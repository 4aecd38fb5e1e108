//! A spreadsheet and its worksheets: their properties, their ranges, their rows.

mod cells;
pub mod lines;

use patchbay_node::{Answer, Failure, Result, answer};
use serde_json::{Map, Value, json};

pub use cells::{Cell, Rows};

use crate::{
    Call,
    a1::RangeAddress,
    errors::{Code, busy, failed, not_found, parameter, permission},
    ids::{OperatorId, SheetId, WorkbookId},
    newer,
};

/// What the operations on spreadsheets say about codes.
pub const CODES: &[Code] = &[
    parameter("invalidRequest.inputArgs.operatorIdIllegal", "OperatorId is not valid.").suspect_operator(),
    parameter(
        "invalidRequest.inputArgs.workbookIdIllegal",
        "WorkbookId must be the node id of a spreadsheet: the last part of its URL, or from Get Node List.",
    ),
    parameter("invalidRequest.inputArgs.*", "Correct the input that the message names.").suspect_operator(),
    parameter(
        "invalidRequest.resource.notWorkbook",
        "WorkbookId must be a DingTalk spreadsheet (extension axls), not a text document, an AI table or an uploaded xlsx.",
    ),
    busy(
        "invalidRequest.document.stillInitializing",
        "The spreadsheet is still being set up and nothing was done: wait a moment and run again.",
    ),
    permission(
        "forbidden.accessDenied",
        "Give the operator the right to this document or its knowledge base, or use another OperatorId.",
    )
    .suspect_operator(),
    permission("forbidden.acrossOrg", "Use a document of the credential's own organisation."),
    permission(
        "forbidden.operationIllegal",
        "The message says what stands in the way: cells may be locked, or belong to a pivot table or a to-do. Unlock them or choose others.",
    ),
    permission(
        "forbidden.document.sizeOverLimit",
        "The spreadsheet is too large for DingTalk to open: shrink or split it.",
    ),
    permission("forbidden.user.notInOrg", "Use an OperatorId of the credential's organisation.").suspect_operator(),
    not_found(
        "invalidRequest.resource.notFound",
        "Check WorkbookId. Where they are given, check SheetId too (Get Worksheets gives it), and that rows, columns and ranges lie inside the worksheet (Get Worksheet tells rowCount and columnCount).",
    )
    .suspect_operator(),
    failed("operationTimeout", "Wait a moment and run again."),
];

/// The worksheets of a spreadsheet, as one person sees them.
pub fn worksheets(method: fn(&str) -> Call, workbook: &WorkbookId, operator: &OperatorId) -> Call {
    method("/v1.0/doc/workbooks").segment(workbook).segment("sheets").operator(operator).codes(CODES)
}

/// A worksheet, as one person sees it.
#[derive(Clone, Copy, Debug)]
pub struct Worksheet<'a> {
    /// The spreadsheet it is in.
    pub workbook: &'a WorkbookId,
    /// Which of its worksheets.
    pub sheet: &'a SheetId,
    /// In whose name it is read and written.
    pub operator: &'a OperatorId,
}

impl Worksheet<'_> {
    /// Reads its properties.
    pub fn properties(&self) -> Result<Answer<SheetProperties>> {
        Ok(self.call(newer::get, []).send()?.into())
    }

    /// Writes the rows into the range, which must lie inside the grid. The same call again leaves the same.
    pub fn write(&self, range: impl Into<RangeAddress>, rows: &Rows) -> Result<Map<String, Value>> {
        self.call(newer::put, ["ranges", &range.into().to_string()]).json(json!({ "values": rows })).send()
    }

    /// Empties the cells of the range. The same call again leaves the same.
    pub fn clear(&self, range: RangeAddress, what: Clearing) -> Result<Answer<WrittenRange>> {
        let cleared = self.call(newer::post, ["ranges", &range.to_string(), what.segment()]).send();
        cleared.map(Answer::new).map_err(|failure| repeatable(failure, range))
    }

    /// Adds the rows below the last one that has data, from column A on; the service finds the place and extends the grid.
    pub fn append(&self, rows: &Rows) -> Result<Map<String, Value>> {
        self.call(newer::post, ["appendRows"]).json(json!({ "values": rows })).send()
    }

    /// A call of something that belongs to the worksheet; its path goes on with these segments.
    pub fn call<const N: usize>(&self, method: fn(&str) -> Call, path: [&str; N]) -> Call {
        let sheet = method("/v1.0/doc/workbooks").segment(self.workbook).segment("sheets").segment(self.sheet);
        path.into_iter().fold(sheet, Call::segment).operator(self.operator).codes(CODES)
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
    fn segment(self) -> &'static str {
        match self {
            Self::Data => "clearData",
            Self::DataAndFormatting => "clear",
        }
    }
}

/// For a write into a range that leaves the same however often it is done: where nobody knows whether it took place, it
/// may be done again.
pub fn repeatable(failure: Failure, range: RangeAddress) -> Failure {
    if !failure.outcome_unknown() {
        return failure;
    }
    failure.retryable(true).hint(format!(
        "Outcome unknown: wait a moment and run again, which leaves the same unless somebody else has changed {range} \
         since; Get Range Data shows what it holds."
    ))
}

/// What DingTalk says of a range that it has changed.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct WrittenRange {
    /// The range, as DingTalk names it.
    #[serde(rename = "a1Notation")]
    a1_notation: String,
}

/// What DingTalk says of a worksheet.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct SheetProperties {
    /// Id of the worksheet.
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

#[cfg(test)]
mod tests {
    use patchbay_node::FailureKind;

    use super::*;

    #[test]
    fn a_lost_write_of_fixed_cells_may_be_done_again_and_a_refused_one_keeps_its_hint() {
        let range: RangeAddress = "A1:B2".parse().unwrap();
        let lost = repeatable(Failure::new(FailureKind::Timeout, "no answer"), range);
        assert!(lost.is_retryable() && lost.next_step().contains("A1:B2"), "{}", lost.next_step());

        let refused = repeatable(Failure::new(FailureKind::Permission, "no").hint("Ask."), range);
        assert_eq!((refused.is_retryable(), refused.next_step()), (false, "Ask."));
    }
}
