//! Delete Rows: removes rows and what is in them.

use dingtalk::{
    prelude::*,
    spreadsheet::{
        self,
        lines::{LineCount, Lines, Position},
    },
};

node! {
    id: "delete-rows",
    title: "Delete Rows",
    resource: "Row",
    description: "Deletes rows with all that is in them; the rows below them move up. Running it twice deletes other rows.",
    effect: Write,
    idempotent: false,
    status: Operation,
    // Append Rows and Insert Rows Before with Data write into rows that must not move meanwhile.
    exclusive: ["WorkbookId"],
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
    /// The first row to delete, counted from 1.
    #[schemars(example = 5)]
    row: Position,
    /// How many rows are deleted; 1 unless given.
    #[serde(default)]
    #[schemars(example = 2)]
    row_count: LineCount,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Whether the rows were deleted.
    success: bool,
    /// How many rows were deleted: as many as were asked for, since DingTalk does not count them.
    deleted_row_count: i64,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, row, row_count, operator_id } = inputs;
    let rows = Lines::rows(row, row_count);
    Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id }.delete(rows)?;
    let outputs = Outputs { success: true, deleted_row_count: rows.count() };
    Ok(Outcome::new(outputs).summary(format!("Deleted {rows}.")))
}
