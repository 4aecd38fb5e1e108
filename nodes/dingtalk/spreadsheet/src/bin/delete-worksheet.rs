use spreadsheet::prelude::*;

node! {
    /// Deletes a worksheet with everything on it. This can not be undone here.
    resource: "Worksheet",
    effect: Write,
    slots: ["newer"],
    idempotent: true,
    group: SPREADSHEET,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    /// Id of the worksheet, from Get Worksheets. The name on its tab is taken too, but another worksheet may have got that
    /// name since, and would be deleted.
    sheet_id: SheetId,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Whether the worksheet was deleted.
    deleted: bool,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, operator_id } = inputs;
    let sheet = InSheet { workbook_id, sheet_id, operator_id };
    // Not to be repeated blindly all the same: by its name, a worksheet that is new since would be deleted.
    let call = sheet.call(newer::delete).if_unknown(format!(
        "Outcome unknown: see with Get Worksheets whether {} is still there; run again only if it is.",
        sheet.sheet_id
    ));
    call.send::<Done>()?;
    let summary = format!("Deleted the worksheet {}.", sheet.sheet_id);
    Ok(Outcome::new(Outputs { deleted: true }).summary(summary))
}
