//! Set Columns Visibility: shows or hides columns.

use dingtalk::{
    prelude::*,
    spreadsheet::{
        self,
        lines::{LineCount, Lines, Position, Visibility},
    },
};

node! {
    id: "set-columns-visibility",
    title: "Set Columns Visibility",
    resource: "Column",
    description: "Shows or hides columns. What is in them stays.",
    effect: Write,
    idempotent: true,
    status: Operation,
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
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
    operator_id: OperatorId,
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

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, column, column_count, visibility, operator_id } = inputs;
    let columns = Lines::columns(column, column_count);
    Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id }
        .set_visibility(columns, visibility)?;
    let outputs = Outputs { success: true, affected_column_count: columns.count(), visibility };
    Ok(Outcome::new(outputs).summary(format!("{} {columns}.", visibility.done())))
}
