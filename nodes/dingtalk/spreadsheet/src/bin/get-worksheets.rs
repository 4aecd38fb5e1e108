use spreadsheet::prelude::*;

node! {
    /// Lists all worksheets of a spreadsheet with their ids and names.
    resource: "Worksheet",
    effect: Read,
    slots: ["newer"],
    group: SPREADSHEET,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The worksheets.
    sheet_list: Vec<Sheet>,
    /// How many there are.
    sheet_count: usize,
}

#[answer]
struct Sheet {
    /// Id of the worksheet; what SheetId asks for.
    id: String,
    /// Name on its tab.
    name: String,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let call = worksheets(newer::get, &inputs.workbook_id, &inputs.operator_id);
    let sheet_list: Vec<Sheet> = call.within("value").send()?;
    let sheet_count = sheet_list.len();
    let summary = format!("The spreadsheet has {}.", count(sheet_count, "worksheet"));
    Ok(Outcome::new(Outputs { sheet_list, sheet_count }).summary(summary))
}
