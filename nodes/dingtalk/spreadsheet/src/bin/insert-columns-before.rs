use spreadsheet::prelude::*;

node! {
    /// Inserts blank columns to the left of a column; that column and those right of it move right. Running it twice
    /// inserts twice.
    resource: "Column",
    effect: Write,
    slots: ["newer"],
    group: LINES,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The column before which the new ones go, counted from 1: 3 inserts to the left of column C.
    #[schemars(example = 3)]
    column: Position,
    /// How many columns are inserted; 1 unless given.
    #[serde(default)]
    #[schemars(example = 2)]
    column_count: LineCount,
}

#[outputs]
struct Outputs {
    /// Whether the columns were inserted.
    success: bool,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let columns = Lines::columns(inputs.column, inputs.column_count);
    inputs.sheet.insert(columns)?;
    let summary = format!("Inserted {} before column {}.", columns.counted(), inputs.column);
    Ok(Outcome::new(Outputs { success: true }).summary(summary))
}
