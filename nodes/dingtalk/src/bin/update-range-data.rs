//! Update Range Data: overwrites cells.

use dingtalk::{
    prelude::*,
    spreadsheet::{self, WrittenRange},
};

node! {
    id: "update-range-data",
    title: "Update Range Data",
    resource: "Cell Range Data",
    description: "Overwrites the cells of a range; their formatting stays. The range must lie inside the worksheet's grid: Append Rows extends it.",
    effect: Write,
    idempotent: true,
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
    /// The cells to overwrite: a rectangle such as A1:C3, one cell, whole columns (A:C) or whole rows (1:10). Values must
    /// have as many rows and columns.
    #[schemars(example = &"A1:B2")]
    range_address: RangeAddress,
    /// The new values: an array of rows, each an array of cells, all of one length, or its JSON text. A cell is text, a
    /// number, a boolean, or null for a blank cell. All are sent as text, which DingTalk reads as if it were typed in: =A1*2
    /// is a formula, and a long number may lose digits in a cell that is not formatted as text. Best at most 1000 rows and
    /// 5000 cells at once.
    #[schemars(example = &r#"[["Name", "Score"], ["Alice", "95"]]"#)]
    values: JsonText<Rows>,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Which cells were overwritten.
    update_result: Answer<WrittenRange>,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, range_address: range, values, operator_id } = inputs;
    values.check_size(range)?;
    let sheet = Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id };
    let written = sheet.write(range, &values).map_err(|failure| spreadsheet::repeatable(failure, range))?;
    let cells = count(values.iter().map(Vec::len).sum(), "cell");
    let outputs = Outputs { update_result: written.into() };
    Ok(Outcome::new(outputs).summary(format!("Wrote {cells} at {range}.")))
}
