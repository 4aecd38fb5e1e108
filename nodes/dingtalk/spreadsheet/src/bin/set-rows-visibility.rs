use spreadsheet::prelude::*;

node! {
    /// Shows or hides rows. What is in them stays. Whether it shows rows that a filter hides is not known.
    resource: "Row",
    effect: Write,
    slots: ["newer"],
    idempotent: true,
    group: SPREADSHEET.status(Status::Operation),
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The first row to show or hide, counted from 1.
    #[schemars(example = 3)]
    row: Position,
    /// How many rows are shown or hidden; 1 unless given.
    #[serde(default)]
    #[schemars(example = 4)]
    row_count: LineCount,
    /// visible shows the rows, hidden hides them.
    #[schemars(example = Visibility::Hidden)]
    visibility: Visibility,
}

#[outputs]
struct Outputs {
    /// Whether the rows are now as asked for.
    success: bool,
    /// How many rows were shown or hidden: as many as were asked for, since DingTalk does not count them.
    affected_row_count: i64,
    /// What the rows are now, visible or hidden; empty after a failure.
    #[schemars(with = "String")]
    visibility: Visibility,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let Inputs { sheet, row, row_count, visibility } = inputs;
    let rows = Lines::rows(row, row_count);
    sheet.set_visibility(rows, visibility)?;
    let outputs = Outputs { success: true, affected_row_count: rows.count(), visibility };
    Ok(Outcome::new(outputs).summary(format!("{} {rows}.", visibility.done())))
}
