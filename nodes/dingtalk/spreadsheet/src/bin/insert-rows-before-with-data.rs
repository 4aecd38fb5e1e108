use spreadsheet::{
    filling::{fill, range},
    prelude::*,
};

node! {
    /// Inserts rows above a row and writes cells into them; that row and those below it move down. Confirm must be true.
    /// Running it twice inserts twice.
    title: "Insert Rows Before with Data",
    resource: "Row",
    effect: Write,
    slots: ["newer"],
    rules: [Rule::must_be_true("Confirm")],
    group: LINES,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The row before which the new ones go, counted from 1: 3 inserts above row 3.
    #[schemars(example = 3)]
    row: Position,
    /// The cells of the new rows: an array of arrays, all of one length, or its JSON text. As many rows are inserted as it
    /// has. DingTalk advises at most 1000 rows and 5000 cells.
    #[schemars(example = &r#"[["Carol", "Sales", "5200"], ["Dan", "Ops", "4100"]]"#)]
    values: JsonText<Rows>,
    /// Letters of the first column to write into; A unless given.
    #[serde(default)]
    start_column: Column,
    confirm: Confirm,
}

#[outputs]
struct Outputs {
    /// How many rows were inserted: as many as Values has, also when writing into them failed; 0 when none were, or when
    /// nobody knows.
    inserted_rows: i64,
    /// What was written; empty when it was not.
    update_result: WrittenRange,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let Inputs { sheet, row, values, start_column, confirm } = inputs;
    confirm.check()?;
    let range = range(row, start_column, &values)?;
    let rows = Lines::rows(row, LineCount::of(values.len()));
    let inserting = sheet.inserting(rows).if_unknown(format!(
        "Outcome unknown, and no cell was written: see with Get Worksheet whether rowCount grew by {}, or with Get Range \
         Data whether {rows} became blank. If so, use Update Range Data on {range}; run this again only if not.",
        rows.count()
    ));
    inserting.send::<()>().map_err(|failure| match failure.outcome_unknown() {
        true => failure,
        false => failure.hint_after("Nothing was inserted."),
    })?;
    let written = fill(&sheet, range, &values).map_err(|unwritten| unwritten.after_inserting(rows, range))?;
    // An HTTP 204 does not name the range.
    let update_result =
        if written.a1_notation().is_some() { written } else { written.with_a1_notation(range.to_string()) };
    let summary = format!("Inserted {} before row {row} and wrote {range}.", rows.counted());
    Ok(Outcome::new(Outputs { inserted_rows: rows.count(), update_result }).summary(summary))
}
