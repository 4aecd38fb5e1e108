use spreadsheet::prelude::*;

node! {
    /// Deletes rows with all that is in them; the rows below them move up. Running it twice deletes other rows.
    resource: "Row",
    effect: Write,
    slots: ["newer"],
    group: LINES,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The first row to delete, counted from 1.
    #[schemars(example = 5)]
    row: Position,
    /// How many rows are deleted; 1 unless given.
    #[serde(default)]
    #[schemars(example = 2)]
    row_count: LineCount,
}

#[outputs]
struct Outputs {
    /// Whether the rows were deleted.
    success: bool,
    /// How many rows were deleted: as many as were asked for, since DingTalk does not count them.
    deleted_row_count: i64,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let rows = Lines::rows(inputs.row, inputs.row_count);
    inputs.sheet.delete(rows)?;
    let outputs = Outputs { success: true, deleted_row_count: rows.count() };
    Ok(Outcome::new(outputs).summary(format!("Deleted {rows}.")))
}
