use spreadsheet::prelude::*;

node! {
    /// Inserts blank rows above a row; that row and those below it move down. Running it twice inserts twice. Insert Rows
    /// Before with Data fills them too.
    resource: "Row",
    effect: Write,
    slots: ["newer"],
    group: LINES,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The row before which the new ones go, counted from 1: 3 inserts above row 3.
    #[schemars(example = 3)]
    row: Position,
    /// How many rows are inserted; 1 unless given.
    #[serde(default)]
    #[schemars(example = 2)]
    row_count: LineCount,
}

#[outputs]
struct Outputs {
    /// Whether the rows were inserted.
    success: bool,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let rows = Lines::rows(inputs.row, inputs.row_count);
    inputs.sheet.insert(rows)?;
    let summary = format!("Inserted {} before row {}.", rows.counted(), inputs.row);
    Ok(Outcome::new(Outputs { success: true }).summary(summary))
}
