use spreadsheet::prelude::*;

node! {
    /// Adds an empty worksheet to a spreadsheet. DingTalk changes a name that is taken, so SheetName tells the one it has got.
    resource: "Worksheet",
    effect: Write,
    slots: ["newer"],
    group: SPREADSHEET,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    /// Name of the new worksheet.
    #[schemars(example = &"Q3")]
    sheet_name: Text,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Id of the new worksheet.
    sheet_id: String,
    /// The name that DingTalk gave it: another one than asked for when that is taken.
    sheet_name: String,
    /// Whether the worksheet was created: whether DingTalk answered its id.
    created: bool,
}

#[answer]
struct NewSheet {
    #[promised]
    id: String,
    name: String,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_name: asked, operator_id } = inputs;
    let call = worksheets(newer::post, &workbook_id, &operator_id).json(json!({ "name": asked })).if_unknown(format!(
        "Outcome unknown: see with Get Worksheets whether {asked} is there before running again, which would add another \
         worksheet."
    ));
    let sheet: NewSheet = call.send()?;
    let given = sheet.name().unwrap_or_default();
    let summary = match given {
        "" => format!("Created the worksheet {asked}."),
        given if *given == *asked => format!("Created the worksheet {given}."),
        given => format!("Created the worksheet {given}, as DingTalk named it instead of {asked}."),
    };
    let outputs = Outputs { sheet_id: sheet.id().to_owned(), sheet_name: given.to_owned(), created: true };
    Ok(Outcome::new(outputs).summary(summary))
}
