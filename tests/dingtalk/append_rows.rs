//! Append Rows.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::Run;
use patchbay_tenant::{
    Fault, LEDGER_SHEET_ID, LEDGER_SHEET_TITLE, MANAGER_UNION_ID, STAFF_SHEET_ID, STAFF_SHEET_TITLE, Sheet, WORKBOOK_ID,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Failed, assert_failed, assert_parameter_error, assert_succeeded, newer, run_within, sent};
use crate::environment::TenantRuntime;

/// The last row of the staff sheet that has data, as a user counts.
const LAST_STAFF_ROW: usize = 5;

fn rows_for(sheet: &str, range: &str, values: Value) -> Value {
    json!({
        "WorkbookId": WORKBOOK_ID, "SheetId": sheet, "RangeAddress": range, "Values": values,
        "OperatorId": MANAGER_UNION_ID,
    })
}

async fn append(office: &TenantRuntime, range: &str, values: Value) -> Run {
    office.run("append-rows", rows_for(STAFF_SHEET_ID, range, values), json!({})).await
}

fn staff(office: &TenantRuntime) -> Sheet {
    office.tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID).unwrap()
}

/// The path of the call that writes.
fn ranges() -> String {
    format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}/ranges")
}

/// The path of the call that reads, and the beginning of all others.
fn sheet() -> String {
    format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}")
}

fn rows(count: usize) -> Value {
    (0..count).map(|row| json!([format!("行{row}"), "部门", "1"])).collect()
}

#[tokio::test]
async fn rows_are_written_below_the_last_one_and_read_back() {
    let office = TenantRuntime::start().await;
    let run = append(&office, "A:C", json!([["周婷", "市场部", "5200"], ["孙磊", "研发部", "4100"]])).await;
    assert_succeeded(&run);
    let expected = json!({ "a1Notation": "A6:C7", "appendedRange": "A6:C7", "appendedRows": 2 });
    assert_eq!(run.envelope.outputs["AppendResult"], expected);
    assert_eq!(run.envelope.summary, "Appended 2 rows at A6:C7.");
    let sheet = staff(&office);
    assert_eq!(sheet.cells[LAST_STAFF_ROW], ["周婷", "市场部", "5200"]);
    assert_eq!(sheet.cells[LAST_STAFF_ROW + 1], ["孙磊", "研发部", "4100"]);
    assert_eq!(sheet.cell(LAST_STAFF_ROW - 1, 0), "陈静");
}

#[tokio::test]
async fn a_second_append_goes_below_the_first() {
    let office = TenantRuntime::start().await;
    for range in ["A6:C6", "A7:C7"] {
        let run = append(&office, "A1:C10", rows(1)).await;
        assert_eq!(run.envelope.outputs["AppendResult"]["appendedRange"], json!(range));
    }
}

#[tokio::test]
async fn rows_may_be_given_as_json_text() {
    let office = TenantRuntime::start().await;
    assert_succeeded(&append(&office, "A:C", json!(r#"[["周婷", "市场部", "5200"]]"#)).await);
    assert_eq!(staff(&office).cells[LAST_STAFF_ROW], ["周婷", "市场部", "5200"]);
}

#[tokio::test]
async fn cells_are_sent_as_text() {
    let office = TenantRuntime::start().await;
    let run = append(&office, "A:D", json!([["周婷", 5200, true, null]])).await;
    assert_eq!(sent(&run, 1)["values"], json!([["周婷", "5200", "true", ""]]));
}

#[tokio::test]
async fn only_the_given_columns_are_written() {
    let office = TenantRuntime::start().await;
    let run = append(&office, "C:D", json!([["5200", "新"]])).await;
    assert_eq!(run.envelope.outputs["AppendResult"]["appendedRange"], json!("C6:D6"));
    assert_eq!(staff(&office).cells[LAST_STAFF_ROW], ["", "", "5200", "新"]);
}

#[tokio::test]
async fn a_sheet_is_found_by_its_title_too_whatever_is_in_it() {
    let office = TenantRuntime::start().await;
    for (title, encoded) in [(STAFF_SHEET_TITLE, "/sheets/%E5%91%98"), (LEDGER_SHEET_TITLE, "%202026%2FQ4")] {
        let run = office.run("append-rows", rows_for(title, "A:C", rows(1)), json!({})).await;
        assert_succeeded(&run);
        assert!(run.exchanges[0].url.contains(encoded), "{}", run.exchanges[0].url);
    }
    assert_eq!(office.tenant.sheet(WORKBOOK_ID, LEDGER_SHEET_ID).unwrap().cell(7, 0), "行0");
}

#[tokio::test]
async fn the_grid_is_filled_to_its_last_row_and_then_extended() {
    let office = TenantRuntime::start().await;
    assert_succeeded(&append(&office, "A:C", rows(195)).await);
    assert_eq!((staff(&office).last_non_empty_row(), staff(&office).row_count), (Some(199), 200));
    let run = append(&office, "A:C", json!([["末", "部门", "1"]])).await;
    assert_succeeded(&run);
    let result = &run.envelope.outputs["AppendResult"];
    assert_eq!((&result["appendedRange"], &result["appendedRows"]), (&json!("A201:C201"), &json!(1)));
    let sheet = staff(&office);
    assert_eq!((sheet.row_count, sheet.cell(200, 0), sheet.cell(199, 0)), (201, "末", "行194"));
}

#[tokio::test]
async fn rows_that_reach_past_the_grid_keep_their_columns() {
    let office = TenantRuntime::start().await;
    assert_succeeded(&append(&office, "A:C", rows(194)).await);
    let run = append(&office, "C:D", json!([["一", "二"], ["三", "四"]])).await;
    assert_succeeded(&run);
    assert_eq!(run.envelope.outputs["AppendResult"]["appendedRange"], json!("C200:D201"));
    let sheet = staff(&office);
    assert_eq!((sheet.cell(199, 0), sheet.cell(199, 2), sheet.cell(200, 3)), ("", "一", "四"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_appends_at_once_never_overlap() {
    const APPENDS: usize = 50;
    let office = Arc::new(TenantRuntime::start().await);
    let mut running = JoinSet::new();
    for number in 0..APPENDS {
        let office = Arc::clone(&office);
        running.spawn(async move { append(&office, "A:B", json!([[format!("并发{number}"), "x"]])).await });
    }
    let runs = running.join_all().await;
    runs.iter().for_each(assert_succeeded);
    let range = |run: &Run| run.envelope.outputs["AppendResult"]["appendedRange"].to_string();
    assert_eq!(runs.iter().map(range).collect::<BTreeSet<_>>().len(), APPENDS);
    let sheet = staff(&office);
    let written: BTreeSet<&str> = (0..APPENDS).map(|row| sheet.cell(LAST_STAFF_ROW + row, 0)).collect();
    let expected: Vec<String> = (0..APPENDS).map(|number| format!("并发{number}")).collect();
    assert_eq!(written, expected.iter().map(String::as_str).collect());
    assert_eq!(sheet.last_non_empty_row(), Some(LAST_STAFF_ROW + APPENDS - 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_by_the_sheets_id_and_by_its_title_never_overlap() {
    let office = Arc::new(TenantRuntime::start().await);
    // The first one to write takes so long that the other would have read the sheet meanwhile.
    office.tenant.fail_next(&ranges(), 1, Fault::Delay(Duration::from_millis(700)));
    let mut running = JoinSet::new();
    for (sheet, name) in [(STAFF_SHEET_ID, "甲"), (STAFF_SHEET_TITLE, "乙")] {
        let office = Arc::clone(&office);
        running
            .spawn(async move { office.run("append-rows", rows_for(sheet, "A:A", json!([[name]])), json!({})).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    running.join_all().await.iter().for_each(assert_succeeded);
    let sheet = staff(&office);
    let written = BTreeSet::from([sheet.cell(LAST_STAFF_ROW, 0), sheet.cell(LAST_STAFF_ROW + 1, 0)]);
    assert_eq!(written, BTreeSet::from(["甲", "乙"]));
}

#[tokio::test]
async fn rows_of_another_width_than_the_columns_are_a_parameter_error() {
    let office = TenantRuntime::start().await;
    for values in [json!([["a", "b"]]), json!([["a", "b", "c"], ["a"]]), json!([[]])] {
        let run = append(&office, "A:C", values).await;
        assert_parameter_error(&office, &run, &["Values", "expected 3"]);
    }
}

#[tokio::test]
async fn columns_that_are_none_are_a_parameter_error() {
    let office = TenantRuntime::start().await;
    for range in ["C:A", "Sheet1!A:C", "$A:$C", "1:3", ""] {
        let run = append(&office, range, rows(1)).await;
        assert_parameter_error(&office, &run, &["RangeAddress"]);
    }
}

#[tokio::test]
async fn values_that_are_no_table_are_a_parameter_error() {
    let office = TenantRuntime::start().await;
    for values in [json!([]), json!("[[1]"), json!("text"), json!([["a"], "b"]), json!([[["nested"]]])] {
        let run = append(&office, "A:A", values).await;
        assert_parameter_error(&office, &run, &["Values"]);
    }
}

#[tokio::test]
async fn an_operator_given_as_a_user_id_is_told_where_the_union_id_comes_from() {
    let office = TenantRuntime::start().await;
    let mut inputs = rows_for(STAFF_SHEET_ID, "A:C", rows(1));
    inputs["OperatorId"] = json!("manager001");
    let run = office.run("append-rows", inputs, json!({})).await;
    let said = ["forbidden.accessDenied", "request id"];
    assert_failed(&run, &Failed { status: 500, original: 403, retryable: false }, &said);
    assert!(run.envelope.hint.contains("unionId") && run.envelope.hint.contains("Get User"), "{}", run.envelope.hint);
}

#[tokio::test]
async fn every_failure_past_validation_has_status_500_and_the_services_own_beside_it() {
    let office = TenantRuntime::start().await;
    let run = office.run("append-rows", rows_for("st-unknown", "A:C", rows(1)), json!({})).await;
    let said = ["invalidRequest.resource.notFound", "request id"];
    assert_failed(&run, &Failed { status: 500, original: 404, retryable: false }, &said);
}

#[tokio::test]
async fn a_read_that_fails_has_changed_nothing_and_may_be_repeated() {
    let office = TenantRuntime::start().await;
    for (fault, original) in [
        // The request for a token was answered, and that is none of the node's.
        (Fault::Close, 0),
        (newer(500, "internalError"), 500),
        (newer(503, "serviceBusy"), 503),
        (newer(400, "invalidRequest.document.stillInitializing"), 400),
    ] {
        office.tenant.fail_next(&sheet(), 1, fault);
        let run = append(&office, "A:C", rows(1)).await;
        assert_failed(&run, &Failed { status: 500, original, retryable: true }, &[]);
        assert!(run.envelope.hint.contains("Nothing was"), "{}", run.envelope.hint);
    }
    assert_eq!(staff(&office).last_non_empty_row(), Some(LAST_STAFF_ROW - 1));
}

#[tokio::test]
async fn a_write_that_was_refused_for_its_pace_may_be_repeated() {
    let office = TenantRuntime::start().await;
    let code = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi";
    office.tenant.fail_next(&ranges(), 1, newer(403, code));
    let run = append(&office, "A:C", rows(1)).await;
    assert_failed(&run, &Failed { status: 500, original: 403, retryable: true }, &[code]);
}

#[tokio::test]
async fn a_write_without_an_answer_names_the_range_to_look_at_and_is_not_repeated() {
    let office = TenantRuntime::start().await;
    for (fault, original) in [(newer(500, "internalError"), 500), (Fault::Close, 200), (Fault::Truncate, 200)] {
        office.tenant.fail_next(&ranges(), 1, fault);
        let run = append(&office, "A:C", rows(2)).await;
        assert_failed(&run, &Failed { status: 500, original, retryable: false }, &[]);
        assert!(run.envelope.hint.contains("A6:C7"), "{}", run.envelope.hint);
        assert!(run.envelope.hint.contains("Get Range Data"), "{}", run.envelope.hint);
    }
}

#[tokio::test]
async fn a_write_that_takes_too_long_names_the_range_to_look_at_and_is_not_repeated() {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(&ranges(), 1, Fault::Delay(Duration::from_secs(60)));
    let inputs = rows_for(STAFF_SHEET_ID, "A:C", rows(2));
    let run = run_within(&office, Duration::from_secs(2), "append-rows", inputs, json!({})).await;
    assert_failed(&run, &Failed { status: 500, original: 200, retryable: false }, &["no answer within"]);
    assert!(run.envelope.hint.contains("A6:C7"), "{}", run.envelope.hint);
}

#[tokio::test]
async fn an_extension_without_an_answer_tells_how_to_find_out() {
    let office = TenantRuntime::start().await;
    assert_succeeded(&append(&office, "A:C", rows(195)).await);
    office.tenant.fail_next(&format!("{}/appendRows", sheet()), 1, Fault::Close);
    let run = append(&office, "A:C", rows(2)).await;
    assert_failed(&run, &Failed { status: 500, original: 200, retryable: false }, &[]);
    assert!(run.envelope.hint.contains("A201:C202"), "{}", run.envelope.hint);
}
