//! Delete Worksheet: removes a worksheet from a spreadsheet.

use dingtalk::{prelude::*, spreadsheet};

node! {
    id: "delete-worksheet",
    title: "Delete Worksheet",
    resource: "Worksheet",
    description: "Deletes a worksheet with everything on it. This can not be undone here.",
    effect: Write,
    idempotent: true,
    errors: spreadsheet::CODES,
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
    /// Whether the worksheet was deleted: false where DingTalk accepted the call and says that it did not delete.
    deleted: bool,
}

#[answer]
struct Deletion {
    success: bool,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, operator_id } = inputs;
    let sheet = Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id };
    // Not to be repeated blindly all the same: by its name, a worksheet that is new since would be deleted.
    let deletion = sheet.call(newer::delete, []).send().map_err(|failure| {
        failure.hint_if_outcome_unknown(format!(
            "Outcome unknown: see with Get Worksheets whether {sheet_id} is still there; run again only if it is."
        ))
    })?;
    let deleted = is_deleted(&deletion.into());
    let summary = if deleted {
        format!("Deleted the worksheet {sheet_id}.")
    } else {
        format!("DingTalk did not delete the worksheet {sheet_id}.")
    };
    Ok(Outcome::new(Outputs { deleted }).summary(summary))
}

/// A success may come without a body, and it may say in its body that it is none.
fn is_deleted(deletion: &Answer<Deletion>) -> bool {
    deletion.get("success").and_then(Value::as_bool).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_decides_and_without_one_the_status() {
        for (answer, expected) in [
            (json!({ "success": true }), true),
            (json!({ "success": "true" }), true),
            (json!({ "success": false }), false),
            (json!({ "success": "false" }), false),
            (json!({ "success": null }), true),
            (json!({}), true),
        ] {
            let Value::Object(members) = answer.clone() else { panic!("not an object") };
            assert_eq!(is_deleted(&Answer::new(members)), expected, "{answer}");
        }
    }
}
