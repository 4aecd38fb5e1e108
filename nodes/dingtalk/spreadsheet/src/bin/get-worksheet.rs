use spreadsheet::prelude::*;

node! {
    /// Gets the properties of a worksheet: its name, how large its grid is, and how far its data reaches.
    resource: "Worksheet",
    effect: Read,
    slots: ["newer"],
    group: SPREADSHEET,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
}

#[outputs]
struct Outputs {
    /// The properties as DingTalk tells them. It counts lastNonEmptyRow and lastNonEmptyColumn from 0; Row, Column and
    /// RangeAddress count from 1, so the first free row is lastNonEmptyRow + 2.
    sheet_data: SheetProperties,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let sheet_data = inputs.sheet.properties()?;
    let name = sheet_data.name().unwrap_or(&inputs.sheet.sheet_id);
    let summary = match sheet_data.last_non_empty_row() {
        Some(..=-1) => format!("The worksheet {name} has no data."),
        Some(last) => format!("The worksheet {name} has data down to row {}.", last.saturating_add(1)),
        None => format!("Got the properties of the worksheet {name}."),
    };
    Ok(Outcome::new(Outputs { sheet_data }).summary(summary))
}
