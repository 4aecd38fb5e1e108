use spreadsheet::prelude::*;

node! {
    /// Shows or hides columns. What is in them stays.
    resource: "Column",
    effect: Write,
    slots: ["newer"],
    idempotent: true,
    group: SPREADSHEET.status(Status::Operation),
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The first column to show or hide, counted from 1: 2 is column B.
    #[schemars(example = 2)]
    column: Position,
    /// How many columns are shown or hidden; 1 unless given.
    #[serde(default)]
    #[schemars(example = 3)]
    column_count: LineCount,
    /// visible shows the columns, hidden hides them.
    #[schemars(example = Visibility::Hidden)]
    visibility: Visibility,
}

#[outputs]
struct Outputs {
    /// Whether the columns are now as asked for.
    success: bool,
    /// How many columns were shown or hidden: as many as were asked for, since DingTalk does not count them.
    affected_column_count: i64,
    /// What the columns are now, visible or hidden; empty after a failure.
    #[schemars(with = "String")]
    visibility: Visibility,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let Inputs { sheet, column, column_count, visibility } = inputs;
    let columns = Lines::columns(column, column_count);
    sheet.set_visibility(columns, visibility)?;
    let outputs = Outputs { success: true, affected_column_count: columns.count(), visibility };
    Ok(Outcome::new(outputs).summary(format!("{} {columns}.", visibility.done())))
}
