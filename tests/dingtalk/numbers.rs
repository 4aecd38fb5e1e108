//! Numbers with more digits than 64 bits keep.

use patchbay_tenant::{MANAGER_UNION_ID, STAFF_SHEET_ID, WORKBOOK_ID};
use serde_json::json;

use super::{assert_succeeded, body};
use crate::environment::TenantRuntime;

#[tokio::test]
async fn a_cell_that_is_read_keeps_all_its_digits() {
    let office = TenantRuntime::start().await;
    let path = format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}/ranges/A1:C1");
    let values = r#"{"values":[[24332000000123456789,-0.12345678901234567890,9007199254740993]]}"#;
    office.tenant.fail_next(&path, 1, body(200, values));
    let inputs = json!({
        "WorkbookId": WORKBOOK_ID, "SheetId": STAFF_SHEET_ID, "RangeAddress": "A1:C1", "OperatorId": MANAGER_UNION_ID,
    });
    let run = office.run("get-range-data", inputs, json!({})).await;
    assert_succeeded(&run);
    let expected = json!([["24332000000123456789", "-0.12345678901234567890", 9_007_199_254_740_993_u64]]);
    assert_eq!(run.envelope.outputs["RangeData"]["values"], expected);
}
