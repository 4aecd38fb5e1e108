use spreadsheet::prelude::*;

node! {
    /// Deletes columns with all that is in them; the columns right of them move left. Running it twice deletes other columns.
    resource: "Column",
    effect: Write,
    slots: ["newer"],
    group: LINES,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The first column to delete, counted from 1: 3 is column C.
    #[schemars(example = 3)]
    column: Position,
    /// How many columns are deleted; 1 unless given.
    #[serde(default)]
    #[schemars(example = 2)]
    column_count: LineCount,
}

#[outputs]
struct Outputs {
    /// Whether the columns were deleted.
    success: bool,
    /// How many columns were deleted: as many as were asked for, since DingTalk does not count them.
    deleted_column_count: i64,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let columns = Lines::columns(inputs.column, inputs.column_count);
    inputs.sheet.delete(columns)?;
    let outputs = Outputs { success: true, deleted_column_count: columns.count() };
    Ok(Outcome::new(outputs).summary(format!("Deleted {columns}.")))
}
