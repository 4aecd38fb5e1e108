//! Get Worksheet: the properties of a worksheet.

use dingtalk::{
    prelude::*,
    spreadsheet::{self, SheetProperties},
};

node! {
    id: "get-worksheet",
    title: "Get Worksheet",
    resource: "Worksheet",
    description: "Gets the properties of a worksheet: its name, how large its grid is, and how far its data reaches.",
    effect: Read,
    idempotent: true,
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The properties as DingTalk tells them. It counts lastNonEmptyRow and lastNonEmptyColumn from 0; Row, Column and
    /// RangeAddress count from 1, so the first free row is lastNonEmptyRow + 2.
    sheet_data: Answer<SheetProperties>,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, operator_id } = inputs;
    let sheet_data = Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id }.properties()?;
    let summary = summary(&sheet_data, &sheet_id);
    Ok(Outcome::new(Outputs { sheet_data }).summary(summary))
}

fn summary(sheet: &Answer<SheetProperties>, asked: &str) -> String {
    let name = sheet.text("name").unwrap_or(asked);
    match sheet.integer("lastNonEmptyRow") {
        Some(..=-1) => format!("The worksheet {name} has no data."),
        Some(last) => format!("The worksheet {name} has data down to row {}.", last.saturating_add(1)),
        None if sheet.is_empty() => format!("DingTalk told nothing of the worksheet {asked}."),
        None => format!("Got the properties of the worksheet {name}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_rows_from_1() {
        for (answer, expected) in [
            (json!({ "name": "Sheet1", "lastNonEmptyRow": 4 }), "The worksheet Sheet1 has data down to row 5."),
            (json!({ "name": "Sheet1", "lastNonEmptyRow": "0" }), "The worksheet Sheet1 has data down to row 1."),
            (json!({ "name": "Sheet1", "lastNonEmptyRow": -1 }), "The worksheet Sheet1 has no data."),
            (json!({ "id": "st-1" }), "Got the properties of the worksheet st-1."),
            (json!({}), "DingTalk told nothing of the worksheet st-1."),
        ] {
            let Value::Object(members) = answer else { panic!("not an object") };
            assert_eq!(summary(&Answer::new(members), "st-1"), expected);
        }
    }
}
