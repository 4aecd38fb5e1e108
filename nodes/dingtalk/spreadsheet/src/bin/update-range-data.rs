use spreadsheet::{prelude::*, sheet::repeat};

node! {
    /// Overwrites the cells of a range; their formatting stays. The range must lie inside the worksheet's grid: Append Rows
    /// extends it.
    resource: "Cell Range Data",
    effect: Write,
    slots: ["newer"],
    idempotent: true,
    group: SPREADSHEET,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The cells to overwrite: a rectangle such as A1:C3, one cell, whole columns (A:C) or whole rows (1:10). Values must
    /// have as many rows and columns.
    #[schemars(example = &"A1:B2")]
    range_address: RangeAddress,
    /// The new values: an array of rows, each an array of cells, all of one length, or its JSON text. A cell is text, a
    /// number, a boolean, or null for a blank cell. All are sent as text, which DingTalk reads as if it were typed in: =A1*2
    /// is a formula, and a long number may lose digits in a cell that is not formatted as text. Best at most 1000 rows and
    /// 5000 cells at once.
    #[schemars(example = &r#"[["Name", "Score"], ["Alice", "95"]]"#)]
    values: JsonText<Rows>,
}

#[outputs]
struct Outputs {
    /// Which cells were overwritten.
    update_result: WrittenRange,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let Inputs { sheet, range_address: range, values } = inputs;
    values.check_size(range)?;
    let update_result = sheet.write(range, &values).repeat_if_unknown(repeat(range)).send()?;
    let cells = count(values.iter().map(Vec::len).sum(), "cell");
    Ok(Outcome::new(Outputs { update_result }).summary(format!("Wrote {cells} at {range}.")))
}
