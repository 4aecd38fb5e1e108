//! Clear Range Content: clears cells of their data and their formatting.

use dingtalk::{
    prelude::*,
    spreadsheet::{self, Clearing, WrittenRange},
};

node! {
    id: "clear-range-content",
    title: "Clear Range Content",
    resource: "Cell Range Data",
    description: "Clears cells of their data and their formatting. Clear Range Data keeps the formatting. This can not be undone here.",
    effect: Write,
    idempotent: true,
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
    /// The cells to clear: a rectangle such as A1:C3, one cell, whole columns (A:C) or whole rows (1:10). DingTalk documents the
    /// rectangle.
    range_address: RangeAddress,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Which cells were cleared.
    clear_result: Answer<WrittenRange>,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, range_address: range, operator_id } = inputs;
    let sheet = Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id };
    let clear_result = sheet.clear(range, Clearing::DataAndFormatting)?;
    Ok(Outcome::new(Outputs { clear_result }).summary(format!("Cleared the data and the formatting of {range}.")))
}
