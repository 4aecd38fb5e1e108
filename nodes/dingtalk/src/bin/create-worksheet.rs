//! Create Worksheet: adds a worksheet to a spreadsheet.

use dingtalk::{
    prelude::*,
    spreadsheet::{self, worksheets},
};

node! {
    id: "create-worksheet",
    title: "Create Worksheet",
    resource: "Worksheet",
    description: "Adds an empty worksheet to a spreadsheet. DingTalk changes a name that is taken, so SheetName tells the one it has got.",
    effect: Write,
    idempotent: false,
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    /// Name of the new worksheet.
    #[schemars(length(min = 1), regex(pattern = r"\S"), example = &"Q3")]
    sheet_name: String,
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
    id: String,
    name: String,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_name, operator_id } = inputs;
    let call = worksheets(newer::post, &workbook_id, &operator_id).json(json!({ "name": sheet_name }));
    let created = call.send().map_err(|failure| {
        failure.hint_if_outcome_unknown(format!(
            "Outcome unknown: see with Get Worksheets whether {sheet_name} is there before running again, which would add \
             another worksheet."
        ))
    })?;
    Ok(outcome(&created.into(), &sheet_name))
}

fn outcome(sheet: &Answer<NewSheet>, asked: &str) -> Outcome<Outputs> {
    let text = |name: &str| sheet.text(name).unwrap_or_default().to_owned();
    let outputs = Outputs { sheet_id: text("id"), sheet_name: text("name"), created: sheet.text("id").is_some() };
    let summary = match (outputs.created, outputs.sheet_name.as_str()) {
        (false, _) => {
            format!("DingTalk gave no id for the worksheet {asked}: see with Get Worksheets whether it is there.")
        }
        (true, "") => format!("Created the worksheet {asked}."),
        (true, given) if given == asked => format!("Created the worksheet {given}."),
        (true, given) => format!("Created the worksheet {given}, as DingTalk named it instead of {asked}."),
    };
    Outcome::new(outputs).summary(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_that_the_service_gave_and_without_an_id_nothing_was_created() {
        for (answer, sheet_id, sheet_name, created) in [
            (json!({ "id": "st-1", "name": "Q3 (1)", "visibility": "visible" }), "st-1", "Q3 (1)", true),
            (json!({ "id": "st-1" }), "st-1", "", true),
            (json!({ "id": " ", "name": "Q3" }), "", "Q3", false),
            (json!({ "id": null, "name": null }), "", "", false),
            (json!({}), "", "", false),
        ] {
            let Value::Object(members) = answer.clone() else { panic!("not an object") };
            let expected = json!({ "SheetId": sheet_id, "SheetName": sheet_name, "Created": created });
            assert_eq!(json!(outcome(&Answer::new(members), "Q3").outputs()), expected, "{answer}");
        }
    }
}
