//! Delete Columns: removes columns and what is in them.

use dingtalk::{
    prelude::*,
    spreadsheet::{
        self,
        lines::{LineCount, Lines, Position},
    },
};

node! {
    id: "delete-columns",
    title: "Delete Columns",
    resource: "Column",
    description: "Deletes columns with all that is in them; the columns right of them move left. Running it twice deletes other columns.",
    effect: Write,
    idempotent: false,
    status: Operation,
    // Append Rows and Insert Rows Before with Data write into columns that must not move meanwhile.
    exclusive: ["WorkbookId"],
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
    /// The first column to delete, counted from 1: 3 is column C.
    #[schemars(example = 3)]
    column: Position,
    /// How many columns are deleted; 1 unless given.
    #[serde(default)]
    #[schemars(example = 2)]
    column_count: LineCount,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Whether the columns were deleted.
    success: bool,
    /// How many columns were deleted: as many as were asked for, since DingTalk does not count them.
    deleted_column_count: i64,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, column, column_count, operator_id } = inputs;
    let columns = Lines::columns(column, column_count);
    Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id }.delete(columns)?;
    let outputs = Outputs { success: true, deleted_column_count: columns.count() };
    Ok(Outcome::new(outputs).summary(format!("Deleted {columns}.")))
}
