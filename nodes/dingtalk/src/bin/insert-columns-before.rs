//! Insert Columns Before: puts blank columns to the left of a column.

use dingtalk::{
    prelude::*,
    spreadsheet::{
        self,
        lines::{LineCount, Lines, Position},
    },
};

node! {
    id: "insert-columns-before",
    title: "Insert Columns Before",
    resource: "Column",
    description: "Inserts blank columns to the left of a column; that column and those right of it move right. Running it twice inserts twice.",
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
    /// The column before which the new ones go, counted from 1: 3 inserts to the left of column C.
    #[schemars(example = 3)]
    column: Position,
    /// How many columns are inserted; 1 unless given.
    #[serde(default)]
    #[schemars(example = 2)]
    column_count: LineCount,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Whether the columns were inserted.
    success: bool,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, column, column_count, operator_id } = inputs;
    let columns = Lines::columns(column, column_count);
    Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id }.insert(columns)?;
    let summary = format!("Inserted {} before column {column}.", columns.counted());
    Ok(Outcome::new(Outputs { success: true }).summary(summary))
}
