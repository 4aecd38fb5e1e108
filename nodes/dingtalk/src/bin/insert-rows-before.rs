//! Insert Rows Before: puts blank rows above a row.

use dingtalk::{
    prelude::*,
    spreadsheet::{
        self,
        lines::{LineCount, Lines, Position},
    },
};

node! {
    id: "insert-rows-before",
    title: "Insert Rows Before",
    resource: "Row",
    description: "Inserts blank rows above a row; that row and those below it move down. Running it twice inserts twice. Insert Rows Before with Data fills them too.",
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
    /// The row before which the new ones go, counted from 1: 3 inserts above row 3.
    #[schemars(example = 3)]
    row: Position,
    /// How many rows are inserted; 1 unless given.
    #[serde(default)]
    #[schemars(example = 2)]
    row_count: LineCount,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Whether the rows were inserted.
    success: bool,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, row, row_count, operator_id } = inputs;
    let rows = Lines::rows(row, row_count);
    Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id }.insert(rows)?;
    let summary = format!("Inserted {} before row {row}.", rows.counted());
    Ok(Outcome::new(Outputs { success: true }).summary(summary))
}
