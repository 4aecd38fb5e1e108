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

#[answer]
struct Sheets {
    value: Vec<Sheet>,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, operator_id } = inputs;
    let sheets = Answer::<Sheets>::new(worksheets(newer::get, &workbook_id, &operator_id).send()?);
    let sheet_list = sheet_list(&sheets);
    let sheet_count = sheet_list.len();
    let summary = format!("The spreadsheet has {}.", count(sheet_count, "worksheet"));
    Ok(Outcome::new(Outputs { sheet_list, sheet_count }).summary(summary))
}

fn sheet_list(sheets: &Answer<Sheets>) -> Vec<Answer<Sheet>> {
    let sheets = sheets.get("value").and_then(Value::as_array).into_iter().flatten();
    sheets.filter_map(Value::as_object).cloned().map(Answer::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_also_where_it_is_absent_null_or_a_single_worksheet() {
        let one = || json!({ "id": "st-1", "name": "2024" });
        for (answer, expected) in [
            (
                json!({ "value": [one(), { "id": "st-2", "name": 2025 }] }),
                json!([one(), { "id": "st-2", "name": "2025" }]),
            ),
            (json!({ "value": one() }), json!([one()])),
            (json!({ "value": [] }), json!([])),
            (json!({ "value": null }), json!([])),
            (json!({}), json!([])),
        ] {
            let Value::Object(members) = answer else { panic!("not an object") };
            assert_eq!(json!(sheet_list(&Answer::new(members))), expected);
        }
    }
}
