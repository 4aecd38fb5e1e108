use spreadsheet::prelude::*;

node! {
    /// Clears cells of their data and keeps their formatting. Clear Range Content takes the formatting too. This can
    /// not be undone here.
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
    /// The cells to clear: a rectangle such as A1:C3, one cell, whole columns (A:C) or whole rows (1:10). DingTalk documents the
    /// rectangle.
    range_address: RangeAddress,
}

#[outputs]
struct Outputs {
    /// Which cells were cleared.
    clear_result: WrittenRange,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let range = inputs.range_address;
    let clear_result = inputs.sheet.clear(range, Clearing::Data)?;
    Ok(Outcome::new(Outputs { clear_result }).summary(format!("Cleared the data of {range}.")))
}
