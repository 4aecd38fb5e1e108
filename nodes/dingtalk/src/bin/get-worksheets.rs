//! Get Worksheets: the worksheets of a spreadsheet.

use dingtalk::{
    prelude::*,
    spreadsheet::{self, worksheets},
};

node! {
    id: "get-worksheets",
    title: "Get Worksheets",
    resource: "Worksheet",
    description: "Lists all worksheets of a spreadsheet with their ids and names.",
    effect: Read,
    idempotent: true,
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The worksheets.
    sheet_list: Vec<Answer<Sheet>>,
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

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, operator_id } = inputs;
    let mut sheets = worksheets(newer::get, &workbook_id, &operator_id).send()?;
    let sheet_list = Answer::list(sheets.remove("value"));
    let sheet_count = sheet_list.len();
    let summary = format!("The spreadsheet has {}.", count(sheet_count, "worksheet"));
    Ok(Outcome::new(Outputs { sheet_list, sheet_count }).summary(summary))
}
