use patchbay_tenant::{
    LEDGER_SHEET_ID, LEDGER_SHEET_TITLE, MANAGER_UNION_ID, MEMBER_UNION_ID, STAFF_SHEET_ID, WORKBOOK_ID,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, read};

const ARGUMENT_INVALID: &str = "invalidRequest.inputArgs.invalid";
const NOT_FOUND: &str = "invalidRequest.resource.notFound";

fn sheet_path(sheet: &str, rest: &str) -> String {
    let sheet = utf8_percent_encode(sheet, NON_ALPHANUMERIC);
    format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{sheet}{rest}?operatorId={MANAGER_UNION_ID}")
}

async fn properties(office: &Office, sheet: &str) -> Answer {
    office.newer(Method::GET, &sheet_path(sheet, ""), None).await
}

async fn update(office: &Office, range: &str, values: Value) -> Answer {
    let path = sheet_path(STAFF_SHEET_ID, &format!("/ranges/{range}"));
    office.newer(Method::PUT, &path, Some(json!({ "values": values }))).await
}

async fn append(office: &Office, values: Value) -> Answer {
    let path = sheet_path(STAFF_SHEET_ID, "/appendRows");
    office.newer(Method::POST, &path, Some(json!({ "values": values }))).await
}

#[tokio::test]
async fn a_sheet_tells_its_size_and_where_its_data_ends() {
    let office = Office::open().await;

    let answer = properties(&office, STAFF_SHEET_ID).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({
            "id": STAFF_SHEET_ID,
            "name": "员工奖金",
            "visibility": "visible",
            "lastNonEmptyRow": 4,
            "lastNonEmptyColumn": 2,
            "rowCount": 200,
            "columnCount": 26,
        })
    );
}

#[tokio::test]
async fn a_sheet_is_found_by_its_title_even_with_a_slash_in_it() {
    let office = Office::open().await;

    let answer = properties(&office, LEDGER_SHEET_TITLE).await;

    assert_eq!(answer.body["id"], LEDGER_SHEET_ID);
    assert_eq!(answer.body["name"], "销售台账 2026/Q4");
}

#[tokio::test]
async fn a_range_is_overwritten_with_its_values() {
    let office = Office::open().await;

    let answer = update(&office, "A6:C7", json!([["李军", "销售部", "5200"], ["黄婷", "财务部", "4100"]])).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, json!({ "a1Notation": "A6:C7" }));
    let sheet = office.tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID).expect("the sheet");
    assert_eq!(sheet.cell(5, 0), "李军");
    assert_eq!(sheet.cell(6, 2), "4100");
    assert_eq!(sheet.last_non_empty_row(), Some(6));
    assert_eq!(properties(&office, STAFF_SHEET_ID).await.body["lastNonEmptyRow"], 6);
}

#[tokio::test]
async fn writing_in_the_middle_leaves_the_cells_around_it_alone() {
    let office = Office::open().await;

    let answer = update(&office, "B3", json!([["平台组"]])).await;

    assert_eq!(answer.body, json!({ "a1Notation": "B3" }));
    let sheet = office.tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID).expect("the sheet");
    assert_eq!(sheet.cells[2], ["张敏", "平台组", "4800"]);
}

#[tokio::test]
async fn a_sheet_whose_cells_are_all_empty_ends_at_minus_one() {
    let office = Office::open().await;

    update(&office, "A1:C5", json!(vec![["", "", ""]; 5])).await;

    let answer = properties(&office, STAFF_SHEET_ID).await;
    assert_eq!(answer.body["lastNonEmptyRow"], -1);
    assert_eq!(answer.body["lastNonEmptyColumn"], -1);
    assert_eq!(append(&office, json!([["姓名"]])).await.body["a1Notation"], "A1");
}

#[tokio::test]
async fn an_update_reaches_to_the_last_row_and_never_extends_the_sheet() {
    let office = Office::open().await;

    assert_eq!(update(&office, "Z200", json!([["末"]])).await.status, 200);
    for range in ["A201", "A200:A201", "AA1", "AA:AA", "201:201"] {
        update(&office, range, json!([["外"]])).await.assert_refused(404, NOT_FOUND);
    }
    assert_eq!(properties(&office, STAFF_SHEET_ID).await.body["rowCount"], 200);
}

#[tokio::test]
async fn a_malformed_range_is_not_found() {
    let office = Office::open().await;

    for range in ["a1", "A", "C3:A1", "A1:C", "Sheet1!A1", "A0"] {
        update(&office, range, json!([["值"]])).await.assert_refused(404, NOT_FOUND);
    }
}

#[tokio::test]
async fn values_must_be_rows_of_text_of_the_size_of_the_range() {
    let office = Office::open().await;

    for values in [
        json!([["一", "二"]]),
        json!([["一"], ["二"]]),
        json!([["一", "二"], ["三"]]),
        json!([[1, 2], [3, 4]]),
        json!([["一", null], ["三", "四"]]),
        json!([]),
        json!([[], []]),
        json!("一"),
        Value::Null,
    ] {
        update(&office, "A1:B2", values).await.assert_refused(400, ARGUMENT_INVALID);
    }
    let sheet = office.tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID).expect("the sheet");
    assert_eq!(sheet.cell(0, 0), "姓名");
}

#[tokio::test]
async fn appended_rows_follow_the_last_row_with_data() {
    let office = Office::open().await;

    let answer = append(&office, json!([["李军", "销售部", "5200"], ["黄婷", "财务部", "4100"]])).await;

    assert_eq!(answer.body, json!({ "a1Notation": "A6:C7" }));
    assert_eq!(append(&office, json!([["赵磊"]])).await.body["a1Notation"], "A8");
}

#[tokio::test]
async fn appending_to_a_full_sheet_extends_it() {
    let office = Office::open().await;
    update(&office, "A200", json!([["末"]])).await;

    let answer = append(&office, json!([["李军", "销售部"], ["黄婷", "财务部"]])).await;

    assert_eq!(answer.body, json!({ "a1Notation": "A201:B202" }));
    let sheet = properties(&office, STAFF_SHEET_ID).await;
    assert_eq!(sheet.body["rowCount"], 202);
    assert_eq!(sheet.body["lastNonEmptyRow"], 201);
}

#[tokio::test]
async fn rows_that_are_ragged_empty_or_too_wide_are_not_appended() {
    let office = Office::open().await;

    for values in [json!([["一", "二"], ["三"]]), json!([]), json!([vec!["宽"; 27]]), json!([[5]])] {
        append(&office, values).await.assert_refused(400, ARGUMENT_INVALID);
    }
    assert_eq!(properties(&office, STAFF_SHEET_ID).await.body["lastNonEmptyRow"], 4);
}

#[tokio::test]
async fn rows_appended_at_the_same_time_all_find_a_place() {
    let office = Office::open().await;
    let token = office.token().await;
    let path = sheet_path(STAFF_SHEET_ID, "/appendRows");
    let one = |number: usize| {
        let request = office.request(Method::POST, &path);
        let request = request.header(crate::office::TOKEN_HEADER, &token);
        let body = json!({ "values": [[format!("第{number}行")]] });
        tokio::spawn(read(crate::office::with_json(request, &body)))
    };

    for call in (0..20).map(one).collect::<Vec<_>>() {
        assert_eq!(call.await.expect("the call ends").status, 200);
    }

    let sheet = office.tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID).expect("the sheet");
    assert_eq!(sheet.last_non_empty_row(), Some(24));
}

#[tokio::test]
async fn an_operator_is_known_by_the_union_id_only() {
    let office = Office::open().await;
    let path = |query: &str| format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}{query}");
    let call = async |query: &str| office.newer(Method::GET, &path(query), None).await;

    assert_eq!(call(&format!("?operatorId={MEMBER_UNION_ID}")).await.status, 200);
    for operator in ["manager001", "nobody", ""] {
        let answer = call(&format!("?operatorId={operator}")).await;
        answer.assert_refused(403, "forbidden.accessDenied");
    }
    call("").await.assert_refused(400, ARGUMENT_INVALID);
}

#[tokio::test]
async fn unknown_workbooks_and_sheets_are_not_found() {
    let office = Office::open().await;
    let query = format!("?operatorId={MANAGER_UNION_ID}");
    let get = async |path: String| office.newer(Method::GET, &(path + &query), None).await;

    let elsewhere = "/v1.0/doc/workbooks/00000000000000000000000000000000/sheets";
    get(format!("{elsewhere}/{STAFF_SHEET_ID}")).await.assert_refused(404, NOT_FOUND);
    get(format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/st-0")).await.assert_refused(404, NOT_FOUND);
    get(format!("/v1.0/doc/workbooks/short/sheets/{STAFF_SHEET_ID}"))
        .await
        .assert_refused(400, "invalidRequest.inputArgs.workbookIdIllegal");
    assert!(office.tenant.sheet(WORKBOOK_ID, "st-0").is_none());
}

#[tokio::test]
async fn spreadsheet_calls_need_a_token() {
    let office = Office::open().await;

    for (method, rest) in [(Method::GET, ""), (Method::PUT, "/ranges/A1"), (Method::POST, "/appendRows")] {
        let request = office.request(method, &sheet_path(STAFF_SHEET_ID, rest));
        read(request).await.assert_refused(400, "InvalidAuthentication");
    }
}
