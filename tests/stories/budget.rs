//! A formatted spreadsheet that is there: what each way of clearing takes away, and what it leaves.

use patchbay_tenant::{BUDGET_SHEET_ID, BUDGET_SHEET_TITLE, BUDGET_WORKBOOK_ID};
use serde_json::{Value, json};

use super::canvas::{Canvas, only, text};
use super::sheet::{Sheet, worksheets};

/// The cells of the heading: each telling has one of its own.
pub const HEADING: [&str; 6] = ["A1:A1", "B1:B1", "C1:C1", "D1:D1", "E1:E1", "F1:F1"];

const HEADING_COLOR: &str = "#d9e1f2";
const NO_COLOR: &str = "#ffffff";

/// What the story leaves behind.
pub struct Budget {
    cell: &'static str,
}

pub async fn tell(canvas: &Canvas, number: usize) -> Budget {
    let cell = HEADING[number];
    let sheets = worksheets(canvas, BUDGET_WORKBOOK_ID).await;
    let id = text(&only(&sheets, "name", BUDGET_SHEET_TITLE).unwrap()["id"]);
    let sheet = Sheet { canvas, workbook: BUDGET_WORKBOOK_ID.to_owned(), id };

    sheet.update(cell, &json!([["新标题"]])).await;
    assert_eq!(look(&sheet, cell).await, [json!("新标题"), json!(HEADING_COLOR)]);
    sheet.clear("clear-range-data", cell).await;
    assert_eq!(look(&sheet, cell).await, [json!(""), json!(HEADING_COLOR)]);
    sheet.clear("clear-range-content", cell).await;
    Budget { cell }
}

impl Budget {
    /// The cell is bare, and those below add up as before.
    pub async fn check(&self, canvas: &Canvas) {
        let sheet = Sheet { canvas, workbook: BUDGET_WORKBOOK_ID.to_owned(), id: BUDGET_SHEET_ID.to_owned() };
        assert_eq!(look(&sheet, self.cell).await, [json!(""), json!(NO_COLOR)]);
        let sum = sheet.read("F5").await;
        assert_eq!((&sum["formulas"], &sum["values"]), (&json!([["=SUM(F2:F4)"]]), &json!([["2383500"]])));
        assert_eq!(sum["displayValues"], json!([["2,383,500.00"]]));
    }
}

/// What is in a cell, and what it looks like.
async fn look(sheet: &Sheet<'_>, cell: &str) -> [Value; 2] {
    let data = sheet.read(cell).await;
    [data["values"][0][0].clone(), data["backgroundColors"][0][0]["hexString"].clone()]
}
