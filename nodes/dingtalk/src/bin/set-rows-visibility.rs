//! Set Rows Visibility: shows or hides rows.

use dingtalk::{
    prelude::*,
    spreadsheet::{
        self,
        lines::{LineCount, Lines, Position, Visibility},
    },
};

node! {
    id: "set-rows-visibility",
    title: "Set Rows Visibility",
    resource: "Row",
    description: "Shows or hides rows. What is in them stays. Whether it shows rows that a filter hides is not known.",
    effect: Write,
    idempotent: true,
    status: Operation,
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
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
    operator_id: OperatorId,
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

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, row, row_count, visibility, operator_id } = inputs;
    let rows = Lines::rows(row, row_count);
    Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id }.set_visibility(rows, visibility)?;
    let outputs = Outputs { success: true, affected_row_count: rows.count(), visibility };
    Ok(Outcome::new(outputs).summary(format!("{} {rows}.", visibility.done())))
}
