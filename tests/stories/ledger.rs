//! A worksheet that many write into at once: nobody's rows are lost, and none is there twice.

use patchbay_tenant::{STAFF_SHEET_ID, WORKBOOK_ID};
use serde_json::{Value, json};

use super::canvas::{Canvas, items, text};
use super::sheet::Sheet;

const APPENDS: usize = 3;

/// What the story leaves behind.
pub struct Ledger {
    names: Vec<String>,
}

pub async fn tell(canvas: &Canvas, number: usize) -> Ledger {
    let sheet = staff(canvas);
    let mut names = Vec::new();
    for append in 0..APPENDS {
        let pair = [format!("同事{number}-{append}甲"), format!("同事{number}-{append}乙")];
        let rows = json!([[pair[0], "行政部", "1"], [pair[1], "行政部", "1"]]);
        // The place that the hint names may have become somebody else's meanwhile, so all rows are looked at.
        let look = async |envelope: &Value| {
            assert!(text(&envelope["Hint"]).contains("with Get Range Data; if it is blank"), "{envelope:#}");
            let there = written(&sheet).await;
            let found = there.iter().position(|name| *name == pair[0])?;
            let range = format!("A{}:C{}", found + 1, found + 2);
            Some(json!({ "AppendResult": { "appendedRange": range, "appendedRows": 2 } }))
        };
        let inputs = sheet.inputs(json!({ "RangeAddress": "A:C", "Values": rows }));
        let outputs = canvas.write("append-rows", inputs, json!({}), look).await;
        let range = text(&outputs["AppendResult"]["appendedRange"]);
        assert_eq!(sheet.values(&range).await, rows, "{range}");
        names.extend(pair);
    }
    Ledger { names }
}

impl Ledger {
    /// Each row is there once, each pair one below the other.
    pub async fn check(&self, canvas: &Canvas) {
        let there = written(&staff(canvas)).await;
        for pair in self.names.chunks(2) {
            let places: Vec<usize> = (0..there.len()).filter(|place| pair.contains(&there[*place])).collect();
            assert_eq!((places.len(), &there[places[0]], &there[places[1]]), (2, &pair[0], &pair[1]), "{there:?}");
            assert_eq!(places[1], places[0] + 1);
        }
    }
}

/// Fails unless the sheet holds what it began with and what these left behind, without a gap.
pub async fn check_all(canvas: &Canvas, ledgers: &[Ledger]) {
    const HEADING_AND_STAFF: usize = 5;
    let appended: usize = ledgers.iter().map(|ledger| ledger.names.len()).sum();
    let there = written(&staff(canvas)).await;
    assert_eq!(there.len(), HEADING_AND_STAFF + appended, "{there:?}");
    assert!(there.iter().all(|name| !name.is_empty()), "{there:?}");
}

fn staff(canvas: &Canvas) -> Sheet<'_> {
    Sheet { canvas, workbook: WORKBOOK_ID.to_owned(), id: STAFF_SHEET_ID.to_owned() }
}

/// The first column, to the last row that has data.
async fn written(sheet: &Sheet<'_>) -> Vec<String> {
    let last = sheet.properties().await["lastNonEmptyRow"].as_i64().unwrap();
    let values = sheet.values(&format!("A1:A{}", last + 1)).await;
    items(&values).iter().map(|row| text(&row[0])).collect()
}
